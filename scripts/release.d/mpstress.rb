# Homebrew's formula of mpstress. scripts/release fills in version and sha256 of the tarball that it makes.
# SPDX-License-Identifier: Apache-2.0
class Mpstress < Formula
  desc "Stress testing and crash reproduction for GPU drivers"
  homepage "https://github.com/mpstress/mpstress"
  url "https://github.com/mpstress/mpstress/releases/download/v@VERSION@/mpstress-@VERSION@.tar.gz"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "vulkan-headers" => :build
  depends_on "inih"
  depends_on "json-c"
  uses_from_macos "sqlite"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DMPSTRESS_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/mpstress version")
    system bin/"mpstress", "run", "noop", "--device", "null", "--rounds", "2", "--db", "rounds.db"
    assert_match "2 of 2 rounds", shell_output("#{bin}/mpstress run noop --device null:fault=abort --rounds 2 " \
                                               "--db rounds.db", 1)
    # The model, since a real driver may fail, and what it shows is no fault of the formula.
    system bin/"mpstress", "run", "mm", "--device", "metal@model", "--rounds", "2", "--db", "model.db"
  end
end
