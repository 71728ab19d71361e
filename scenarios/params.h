/* The parameter rows that scenarios share, as initialisers of struct mp_option. A
 * scenario lists its rows with its own defaults and limits, in braces, and ends with
 * MP_PARAM_END, which adds the rows that every scenario has.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_PARAMS_H
#define MP_SCENARIOS_PARAMS_H

#include "harness/base/option.h"
#include "harness/round/stream.h"

/* A whole number from `low` to `high`; `preset` is its default as text. */
#define MP_PARAM_INT(word, preset, low, high, text)                                      \
    {                                                                                    \
        .name = (word), .type = MP_OPTION_INT, .metavar = "N", .fallback = (preset),     \
        .min = (low), .max = (high), .help = (text)                                      \
    }

#define MP_PARAM_THREADS(preset, low, high)                                              \
    MP_PARAM_INT("threads", preset, low, high, "worker threads")
#define MP_PARAM_ITERS(preset, high, text) MP_PARAM_INT("iters", preset, 1, high, text)
#define MP_PARAM_BATCH(preset)                                                           \
    MP_PARAM_INT("batch", preset, 1, 64,                                                 \
                 "ops that a thread encodes between two synchronizations")

#define MP_PARAM_WARM                                                                    \
    {                                                                                    \
        .name = "warm", .type = MP_OPTION_CHOICE, .metavar = "WHETHER",                  \
        .fallback = "off", .choices = "off|on",                                          \
        .meanings = "the first ops of each thread are those that count\n"                \
                    "each thread runs one op of each kind, or one pass, before the "     \
                    "time of the round begins: right for speed, but what goes wrong "    \
                    "at first use is not hunted",                                        \
        .help = "whether threads warm up before the barrier"                             \
    }
#define MP_PARAM_DEPTH                                                                   \
    MP_PARAM_INT("depth", "1", 1, 32,                                                    \
                 "command buffers that a thread has in flight before it synchronizes, "  \
                 "each with `batch` ops or passes")

/* Of op chains (scenarios/passes.h). */
#define MP_PARAM_PASSES(preset)                                                          \
    MP_PARAM_INT("batch", preset, 1, 64, "passes that go into one command buffer"),      \
        MP_PARAM_DEPTH, MP_PARAM_WARM, MP_PARAM_PATTERN("free")

/* The policy of the stream pool (harness/round/stream.h). */
#define MP_PARAM_STREAMS(preset)                                                         \
    MP_PARAM_INT("streams", preset, 1, MP_STREAMS_MAX, "streams of the pool")
#define MP_PARAM_SHARE(preset)                                                           \
    {                                                                                    \
        .name = "share", .type = MP_OPTION_CHOICE, .metavar = "HOW",                     \
        .fallback = (preset), .choices = "thread|all",                                   \
        .meanings = "each thread has a stream of its own, as long as there are enough\n" \
                    "all threads share stream 0",                                        \
        .help = "one stream per thread, or stream 0 for all"                             \
    }
#define MP_PARAM_SYNC(preset)                                                            \
    {                                                                                    \
        .name = "sync", .type = MP_OPTION_CHOICE, .metavar = "WHERE",                    \
        .fallback = (preset), .choices = "on_queue|off_queue",                           \
        .meanings = "on the stream's serial queue, behind whoever is inside\n"           \
                    "beside the queue, while another thread may be inside the driver",   \
        .help = "synchronize on the stream's serial queue or beside it"                  \
    }
#define MP_PARAM_Q(preset)                                                               \
    {                                                                                    \
        .name = "q", .type = MP_OPTION_REAL, .metavar = "P", .fallback = (preset),       \
        .real_min = 0, .real_max = 1,                                                    \
        .help = "share of off-queue synchronizations that are hostile (seeded gate)"     \
    }

/* The words in the order of enum mp_lease_rule. */
#define MP_PARAM_POLICY                                                                  \
    {                                                                                    \
        .name = "policy", .type = MP_OPTION_CHOICE, .metavar = "RULE",                   \
        .fallback = "round_robin", .choices = "round_robin|grow|cap|throw|wait",         \
        .meanings = "threads share streams, in turn\n"                                   \
                    "the pool makes another stream for it\n"                             \
                    "streams are lent from a first op to a synchronization, so that no " \
                    "more threads than streams work at a time\n"                         \
                    "the thread is refused: its work is missing, and the round is "      \
                    "dropped\n"                                                          \
                    "the thread waits until another one has ended, at most stream_wait", \
        .help = "what a thread gets when no stream is free (share=thread)"               \
    }
#define MP_PARAM_STREAM_WAIT                                                             \
    {                                                                                    \
        .name = "stream_wait", .type = MP_OPTION_DURATION, .metavar = "T",               \
        .fallback = "10s",                                                               \
        .help = "longest time that a thread waits for a stream (policy=wait)"            \
    }
#define MP_PARAM_SYNCS                                                                   \
    {                                                                                    \
        .name = "syncs", .type = MP_OPTION_CHOICE, .metavar = "WHICH",                   \
        .fallback = "own", .choices = "own|all",                                         \
        .meanings = "the thread's own stream\n"                                          \
                    "every stream of the pool, one after the other",                     \
        .help = "which streams a synchronization covers"                                 \
    }

/* The words in the order of enum mp_stream_style. */
#define MP_PARAM_STYLE                                                                   \
    {                                                                                    \
        .name = "stream", .type = MP_OPTION_CHOICE, .metavar = "STYLE",                  \
        .fallback = "safe", .choices = "safe|pytorch_2_9|pytorch_main",                  \
        .meanings = "encoders are opened, ended and committed under a small lock\n"      \
                    "as PyTorch 2.9: members that no lock guards, and every "            \
                    "synchronization beside the queue, whatever `sync` says\n"           \
                    "as PyTorch's main of September 2026: the same members, and every "  \
                    "synchronization on the queue",                                      \
        .help = "how a stream keeps its command buffer and encoder (Metal)"              \
    }
#define MP_PARAM_HOLD                                                                    \
    {                                                                                    \
        .name = "hold", .type = MP_OPTION_CHOICE, .metavar = "WHO",                      \
        .fallback = "stream", .choices = "stream|op",                                    \
        .meanings = "only the stream, as in PyTorch: a release beside an op may be the " \
                    "last\n"                                                             \
                    "each op too, while it uses it",                                     \
        .help = "who holds a reference to the open encoder (stream=pytorch_...)"         \
    }

/* The pool's defaults: one stream per thread, synchronize on the queue. */
#define MP_PARAM_POOL                                                                    \
    MP_PARAM_STREAMS("32"), MP_PARAM_SHARE("thread"), MP_PARAM_SYNC("on_queue"),         \
        MP_PARAM_Q("0"), MP_PARAM_POLICY, MP_PARAM_STREAM_WAIT, MP_PARAM_SYNCS,          \
        MP_PARAM_STYLE, MP_PARAM_HOLD

/* How threads go about their turns, of `batch` ops each (scenarios/pattern.h). */
#define MP_PARAM_PATTERN(preset)                                                         \
    {                                                                                    \
        .name = "pattern", .type = MP_OPTION_CHOICE, .metavar = "HOW",                   \
        .fallback = (preset), .choices = "free|barrier|staggered|churn|open_exit",       \
        .meanings =                                                                      \
            "each goes at its own pace\n"                                                \
            "all begin each turn together\n"                                             \
            "each begins once the one before it has done its first turn\n"               \
            "each turn has new threads, which begin together and end with it\n"          \
            "as churn, but a thread ends with an encoder open; the next completes its "  \
            "work",                                                                      \
        .help = "how threads go about their turns, of `batch` ops each"                  \
    }

/* The words in the order of enum mp_perturb_kind; of every scenario. */
#define MP_PARAM_PERTURB                                                                 \
    {                                                                                    \
        .name = "perturb", .type = MP_OPTION_SET, .metavar = "HOW",                      \
        .choices = "gate|delay|pair|freeze|priority|load",                               \
        .meanings =                                                                      \
            "where a synchronization may be hostile (q), 5 to 100 % of them are\n"       \
            "delays of 100 ns to 1 ms at 0.2 to 50 % of the boundaries of calls\n"       \
            "two calls wait for each other, their phase swept over their durations\n"    \
            "one thread stands still for 1 to 32 ms, again and again\n"                  \
            "about a third of the threads get the processor last\n"                      \
            "up to two helper threads per processor keep it and its memory busy",        \
        .help = "what the round does to its own timing, drawn from its seed; such "      \
                "rounds are cells of their own; default: nothing"                        \
    }

/* What every scenario has beside its own rows, and the end of the table. */
#define MP_PARAM_END                                                                     \
    MP_PARAM_PERTURB, {                                                                  \
        .name = NULL                                                                     \
    }

#endif
