# A share of x of n with its 95 % Clopper-Pearson limits, as the tests print it; exit 1 if more than `limit` is
# beyond doubt (1e-3).
# SPDX-License-Identifier: Apache-2.0
function below(k, p,    sum, term, i) { # P(k or fewer of n)
    if (p >= 1)
        return k >= n
    term = (1 - p) ^ n
    for (i = 0; i <= k; i++) {
        sum += term
        term *= (n - i) / (i + 1) * p / (1 - p)
    }
    return sum
}
function solve(k, share,    low, high, middle, i) {
    high = 1
    for (i = 0; i < 60; i++) {
        middle = (low + high) / 2
        if (below(k, middle) > share) low = middle; else high = middle
    }
    return middle
}
BEGIN {
    printf "[ FIGURE   ] %s: %.4f of %d [%.4f, %.4f]\n", text, x / n, n, x ? solve(x - 1, 0.975) : 0,
        x < n ? solve(x, 0.025) : 1
    exit x && solve(x - 1, 1 - 1e-3) > limit
}
