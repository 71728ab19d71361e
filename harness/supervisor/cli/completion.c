/* Completions for bash, zsh and fish. Names of scenarios, devices, arms and suites are
 * asked of `mpstress list --names` when they are needed,
 * parameters and their values, and numbers in the database of the command line, too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "harness/supervisor/cli/document.h"

/* Adds the words of "a|b" joined by blanks. */
static void add_choice_words(struct mp_strbuf *buf, const char *choices) {
    for (; *choices != '\0'; choices++)
        mp_strbuf_addch(buf, *choices == '|' ? ' ' : *choices);
}

/* Whether the first operand of a command is one of "a|b". */
static bool has_words(const struct mp_command *command) {
    return command->operand_names != NULL && strchr(command->operand_names, '|') != NULL;
}

static void add_command_names(struct mp_strbuf *buf) {
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++)
        mp_strbuf_addf(buf, "%s%s", at == mp_command_list_all() ? "" : " ", (*at)->name);
}

/* Adds the help of an option as far as a line of completions has room for it, its first
 * clause, inside single quotes of a shell: `quote` stands for one, and a backslash before
 * bytes of `special`. */
static void add_clause(struct mp_strbuf *buf, const char *help, const char *quote,
                       const char *special) {
    for (const char *at = help; *at != '\0' && *at != ';'; at++) {
        if (*at == '\'') {
            mp_strbuf_addstr(buf, quote);
        } else {
            if (strchr(special, *at) != NULL)
                mp_strbuf_addch(buf, '\\');
            mp_strbuf_addch(buf, *at);
        }
    }
}

/* bash also breaks words at = : and @, and inserts the answer after the last of these;
 * but an @ itself is replaced. Behind an opened quote it breaks no word. */
static const char BASH_HEAD[] =
    "# bash completion of mpstress, made by 'mpstress help --format=bash'.\n"
    "# shellcheck disable=SC2207 # the bash of macOS has no mapfile\n"
    "_mpstress_names() {\n"
    "    mpstress list --names=\"$1\" ${db[@]+\"${db[@]}\"} -- \"$cur\" 2>/dev/null\n"
    "}\n"
    "_mpstress() {\n"
    "    local IFS=$' \\t\\n' line=${COMP_LINE:0:COMP_POINT}\n"
    "    local cur='' prev='' kept='' words='' quote='' tail='' acts name i\n"
    "    local -a word db=() names=()\n"
    "    read -r -a word <<<\"$line\"\n"
    "    [[ $line != *[$' \\t'] ]] || word+=('')\n"
    "    cur=${word[${#word[@]}-1]}\n"
    "    [[ $cur != [\\\"\\']* ]] || quote=1 cur=${cur:1}\n"
    "    [[ ${#word[@]} -le 2 ]] || prev=${word[${#word[@]}-2]}\n"
    "    if [[ $cur == --*=* ]]; then\n"
    "        prev=${cur%%=*} cur=${cur#*=}\n"
    "    fi\n"
    "    for ((i = 2; i + 1 < ${#word[@]}; i++)); do\n"
    "        [[ ${word[i]} != --db ]] || db=(--db \"${word[i+1]}\")\n"
    "        [[ ${word[i]} != --db=* ]] || db=(\"${word[i]}\")\n"
    "    done\n"
    "    if [[ -z $quote ]]; then\n"
    "        tail=${cur##*[=:]}\n"
    "        [[ $COMP_WORDBREAKS != *:* ]] || kept=${cur%\"$tail\"}\n"
    "        [[ $COMP_WORDBREAKS != *@* || $tail != *@* ]] ||\n"
    "            kept=${cur%\"@${tail##*@}\"}\n"
    "    fi\n"
    "    case \"${word[1]}:$prev\" in\n";

static void bash_add_value(struct mp_strbuf *buf, const struct mp_command *command,
                           const struct mp_option *row) {
    const char *names = mp_document_value_names(row);
    if (row->type == MP_OPTION_FLAG)
        return;
    mp_strbuf_addf(buf, "    %s:--%s) ", command->name, row->name);
    if (row->choices != NULL) {
        mp_strbuf_addstr(buf, "words=\"");
        add_choice_words(buf, row->choices);
        mp_strbuf_addstr(buf, "\" ;;\n");
    } else if (names == NULL) {
        mp_strbuf_addstr(buf, "return ;;\n");
    } else if (strcmp(names, "files") == 0) {
        mp_strbuf_addstr(buf, "IFS=$'\\n'; compopt -o filenames 2>/dev/null || :;"
                              " COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
    } else {
        mp_strbuf_addf(buf, "words=$(_mpstress_names %s) ;;\n", names);
    }
}

/* After a word of the first operand, numbers. */
static void bash_add_numbers(struct mp_strbuf *buf, const struct mp_command *command) {
    if (command->number_names == NULL)
        return;
    mp_strbuf_addf(buf,
                   "; [[ $cur == -* || ${#word[@]} -le 3 ]] || case ${word[2]} in %s)"
                   " words=$(_mpstress_names \"%s\") ;; esac",
                   command->operand_names,
                   command->number_names[0] != '\0' ? command->number_names
                                                    : "${word[2]}");
}

static void bash_add_words(struct mp_strbuf *buf, const struct mp_command *command) {
    mp_strbuf_addf(buf, "    %s:*) words=\"", command->name);
    for (const struct mp_option *row = command->options; row->name != NULL; row++)
        mp_strbuf_addf(buf, "%s--%s", row == command->options ? "" : " ", row->name);
    mp_strbuf_addch(buf, '"');
    if (command->operand_names != NULL && strcmp(command->operand_names, "files") == 0) {
        mp_strbuf_addstr(buf, "; if [[ $cur != -* ]]; then IFS=$'\\n';"
                              " compopt -o filenames 2>/dev/null || :;"
                              " COMPREPLY=($(compgen -f -- \"$cur\")); return; fi");
    } else if (has_words(command)) {
        mp_strbuf_addstr(buf, "; [[ $cur == -* ]] || words=\"");
        add_choice_words(buf, command->operand_names);
        mp_strbuf_addch(buf, '"');
        bash_add_numbers(buf, command);
    } else if (command->operand_names != NULL) {
        mp_strbuf_addf(buf, "; [[ $cur == -* ]] || words=$(_mpstress_names %s)",
                       command->operand_names);
    }
    mp_strbuf_addstr(buf, " ;;\n");
}

void mp_document_bash(struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, BASH_HEAD);
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++) {
        for (const struct mp_option *row = (*at)->options; row->name != NULL; row++)
            bash_add_value(buf, *at, row);
        bash_add_words(buf, *at);
    }
    mp_strbuf_addstr(buf, "    *) words=\"");
    add_command_names(buf);
    mp_strbuf_addstr(buf,
                     " --help --version\" ;;\n    esac\n"
                     "    read -r -d '' -a names <<<\"$words\" || :\n"
                     "    COMPREPLY=()\n"
                     "    # What a shell would act on stays out: it would stand on the"
                     " line as it is.\n"
                     "    acts='[!A-Za-z0-9_.,:=@%+/-]'\n"
                     "    [[ -z $quote ]] || acts='[$`\"'\\''\\\\]'\n"
                     "    for name in ${names[@]+\"${names[@]}\"}; do\n"
                     "        [[ $name != \"$cur\"* || $name == *$acts* ]] ||"
                     " COMPREPLY+=(\"$name\")\n"
                     "    done\n"
                     "    COMPREPLY=(\"${COMPREPLY[@]#\"$kept\"}\")\n"
                     "    [[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null\n"
                     "}\ncomplete -F _mpstress mpstress\n");
}

static void zsh_add_option(struct mp_strbuf *buf, const struct mp_option *row) {
    const char *names = mp_document_value_names(row);
    bool has_value = row->type != MP_OPTION_FLAG;
    mp_strbuf_addf(buf, "            '%s--%s%s[", row->is_repeatable ? "*" : "",
                   row->name, has_value ? "=" : "");
    add_clause(buf, row->help, "'\\''", "[]:\\");
    mp_strbuf_addch(buf, ']');
    if (has_value)
        mp_strbuf_addf(buf, ":%s:", row->metavar != NULL ? row->metavar : "VALUE");
    if (row->choices != NULL) {
        mp_strbuf_addch(buf, '(');
        add_choice_words(buf, row->choices);
        mp_strbuf_addch(buf, ')');
    } else if (names != NULL && strcmp(names, "files") == 0) {
        mp_strbuf_addstr(buf, "_files");
    } else if (names != NULL) {
        mp_strbuf_addf(buf, "_mpstress_names %s", names);
    }
    mp_strbuf_addstr(buf, "' \\\n");
}

void mp_document_zsh(struct mp_strbuf *buf) {
    mp_strbuf_addstr(
        buf,
        "#compdef mpstress\n"
        "# zsh completion of mpstress, made by 'mpstress help --format=zsh'.\n"
        "_mpstress_names() {\n"
        "    local -a names db\n"
        "    local kind=${@[-1]} word=${(Q)PREFIX}\n"
        "    integer i=${words[(I)--db]}\n"
        "    (( i == 0 )) || db=(--db ${(Q)words[i+1]})\n"
        "    i=${words[(I)--db=*]}\n"
        "    (( i == 0 )) || db=(${(Q)words[i]})\n"
        "    [[ -n $kind ]] || kind=${words[(R)(round|crash|signature|report)]}\n"
        "    names=(${(f)\"$(mpstress list --names=$kind $db -- $word 2>/dev/null)\"})\n"
        "    compadd \"${@[1,-2]}\" -S '' -- ${(M)names:#*=}\n"
        "    compadd \"${@[1,-2]}\" -- ${names:#*=}\n"
        "}\n"
        "_mpstress() {\n"
        "    if (( CURRENT == 2 )); then\n"
        "        compadd ");
    add_command_names(buf);
    mp_strbuf_addstr(buf, " --help --version\n        return\n    fi\n"
                          "    local command=$words[2]\n"
                          "    shift words\n    (( CURRENT-- ))\n"
                          "    case $command in\n");
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++) {
        mp_strbuf_addf(buf, "    %s)\n        _arguments \\\n", (*at)->name);
        for (const struct mp_option *row = (*at)->options; row->name != NULL; row++)
            zsh_add_option(buf, row);
        if ((*at)->operand_names != NULL && strcmp((*at)->operand_names, "files") == 0) {
            mp_strbuf_addstr(buf, "            '*:file:_files'\n");
        } else if (has_words(*at)) {
            mp_strbuf_addstr(buf, "            '1:what:(");
            add_choice_words(buf, (*at)->operand_names);
            mp_strbuf_addstr(buf, ")'");
            if ((*at)->number_names != NULL)
                mp_strbuf_addf(buf, " '2:number:_mpstress_names \"%s\"'",
                               (*at)->number_names);
            mp_strbuf_addch(buf, '\n');
        } else if ((*at)->operand_names != NULL) {
            mp_strbuf_addf(buf, "            '*:name:_mpstress_names %s'\n",
                           (*at)->operand_names);
        } else {
            mp_strbuf_addstr(buf, "            ':'\n");
        }
        mp_strbuf_addstr(buf, "        ;;\n");
    }
    mp_strbuf_addstr(buf, "    esac\n}\n_mpstress \"$@\"\n");
}

static void fish_add_option(struct mp_strbuf *buf, const struct mp_command *command,
                            const struct mp_option *row) {
    const char *names = mp_document_value_names(row);
    bool is_file = names != NULL && strcmp(names, "files") == 0;
    mp_strbuf_addf(buf, "complete -c mpstress -n '__fish_seen_subcommand_from %s' -l %s",
                   command->name, row->name);
    if (row->letter != 0)
        mp_strbuf_addf(buf, " -s %c", row->letter);
    if (row->type != MP_OPTION_FLAG)
        mp_strbuf_addstr(buf, is_file ? " -r -F" : " -x");
    /* A trailing tab: else fish shows the option's help at each value. */
    if (row->choices != NULL) {
        mp_strbuf_addstr(buf, " -a '(printf \"%s\\t\\n\" ");
        add_choice_words(buf, row->choices);
        mp_strbuf_addstr(buf, ")'");
    } else if (names != NULL && !is_file) {
        mp_strbuf_addf(buf, " -a '(printf \"%%s\\t\\n\" (__mpstress_names %s))'", names);
    }
    mp_strbuf_addstr(buf, " -d '");
    add_clause(buf, row->help, "\\'", "\\");
    mp_strbuf_addstr(buf, "'\n");
}

/* After a word of the first operand, numbers. */
static void fish_add_numbers(struct mp_strbuf *buf, const struct mp_command *command) {
    for (const char *at = command->operand_names;
         command->number_names != NULL && *at != '\0';) {
        int len = (int)strcspn(at, "|");
        mp_strbuf_addf(buf,
                       "complete -c mpstress -n '__fish_seen_subcommand_from %s; and "
                       "__fish_seen_subcommand_from %.*s' -a '(__mpstress_names ",
                       command->name, len, at);
        if (command->number_names[0] != '\0')
            mp_strbuf_addf(buf, "%s)'\n", command->number_names);
        else
            mp_strbuf_addf(buf, "%.*s)'\n", len, at);
        at += len;
        at += *at == '|';
    }
}

void mp_document_fish(struct mp_strbuf *buf) {
    mp_strbuf_addstr(
        buf, "# fish completion of mpstress, made by 'mpstress help --format=fish'.\n"
             "function __mpstress_names\n"
             "    set -l db\n"
             "    set -l words (commandline -opc)\n"
             "    for i in (seq (count $words))\n"
             "        test $words[$i] != --db; or set db --db $words[(math $i + 1)]\n"
             "        string match -q -- '--db=*' $words[$i]; and set db $words[$i]\n"
             "    end\n"
             "    set -l word (commandline -ct | string replace -r '^--[a-z-]+=' '' | "
             "string trim -l -c '\"\\'')\n"
             "    mpstress list --names=$argv[1] $db -- \"$word\" 2>/dev/null\n"
             "end\n"
             "complete -c mpstress -f\n");
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++) {
        mp_strbuf_addf(buf,
                       "complete -c mpstress -n __fish_use_subcommand -a %s -d '%s'\n",
                       (*at)->name, (*at)->summary);
        for (const struct mp_option *row = (*at)->options; row->name != NULL; row++)
            fish_add_option(buf, *at, row);
        if ((*at)->operand_names != NULL && strcmp((*at)->operand_names, "files") == 0) {
            mp_strbuf_addf(
                buf, "complete -c mpstress -n '__fish_seen_subcommand_from %s' -F\n",
                (*at)->name);
        } else if (has_words(*at)) {
            mp_strbuf_addf(buf,
                           "complete -c mpstress -n '__fish_seen_subcommand_from %s; and "
                           "not __fish_seen_subcommand_from ",
                           (*at)->name);
            add_choice_words(buf, (*at)->operand_names);
            mp_strbuf_addstr(buf, "' -a '");
            add_choice_words(buf, (*at)->operand_names);
            mp_strbuf_addstr(buf, "'\n");
            fish_add_numbers(buf, *at);
        } else if ((*at)->operand_names != NULL) {
            mp_strbuf_addf(buf,
                           "complete -c mpstress -n '__fish_seen_subcommand_from %s' -a "
                           "'(__mpstress_names %s)'\n",
                           (*at)->name, (*at)->operand_names);
        }
    }
}
