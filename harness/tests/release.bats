# What a release consists of: a source tarball that is the same twice and builds without git, a formula that ruby reads
# and whose test passes on an installed copy. The Debian package is made and tried by scripts/release and
# scripts/release.d/try_deb, which take minutes.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

make_source() {
    command -v git > /dev/null && git -C "$MP_SOURCE" rev-parse HEAD > /dev/null 2>&1 || skip "this tree has no history"
    "$MP_SOURCE/scripts/release" --source-only "$@"
}

@test "the tarball is the same twice, and holds the commit" {
    make_source --twice out
    version=$("$program" version | cut -d ' ' -f 2)
    tar -tzf "out/mpstress-$version.tar.gz" | sed "s|^mpstress-$version/||; /\/\$/d; /^\$/d" | sort > packed
    git -C "$MP_SOURCE" ls-tree -r --name-only HEAD | sort | cmp - packed
    # Bytes that differ are found.
    mkdir -p doubles
    printf '#!/bin/sh\nhead -c 9 /dev/urandom\ncat\n' > doubles/gzip
    chmod +x doubles/gzip
    PATH="$PWD/doubles:$PATH" run -1 "$MP_SOURCE/scripts/release" --source-only --twice again
    [[ "$output" == *"differs between two builds"* ]]
}

@test "the tarball is configured without git" {
    make_source out
    mkdir tree no_git
    tar -xzf out/*.tar.gz -C tree --strip-components 1
    printf '#!/bin/sh\necho git was called >&2\nexit 1\n' > no_git/git
    chmod +x no_git/git
    PATH="$PWD/no_git:$PATH" cmake -S tree -B tree/build -G Ninja -DMPSTRESS_TESTS=OFF > log 2>&1 || { cat log; return 1; }
    run ! grep 'git was called' log
    [ -s tree/build/build.ninja ]
}

@test "the formula is Ruby, names the tarball, and its test passes on an installed copy" {
    make_source out
    grep -q "sha256 \"$(sha256sum out/*.tar.gz | cut -d ' ' -f 1)\"" out/mpstress.rb
    run ! grep @ <(grep -E '^ *(url|sha256)' out/mpstress.rb)
    cmake --install "$MP_BIN/.." --prefix "$PWD/prefix" > /dev/null
    command -v ruby > /dev/null || skip "no ruby here"
    ruby -c out/mpstress.rb
    # As much of Homebrew as the formula's test needs.
    cat > formula.rb << 'END'
class Formula
  %w[desc homepage url sha256 license depends_on uses_from_macos].each { |word| define_singleton_method(word) { |*| } }
  def self.test(&block) = define_method(:run_test, &block)
  def version = `#{bin}/mpstress version`.split.last
  def bin = Pathname(ENV["PREFIX"]) + "bin"
  def system(*words) = Kernel.system(*words.map(&:to_s), out: File::NULL) || abort("failed: #{words.join(' ')}")
  def assert_match(expected, text) = text.match?(expected) || abort("no #{expected} in #{text}")
  def shell_output(line, expected = 0)
    output = `#{line}`
    $?.exitstatus == expected || abort("#{line}: exit #{$?.exitstatus}")
    output
  end
end
require "pathname"
load ARGV[0]
Mpstress.new.run_test
END
    mkdir at_home
    cd at_home
    PREFIX=$BATS_TEST_TMPDIR/prefix ruby ../formula.rb "$BATS_TEST_TMPDIR/out/mpstress.rb"
}
