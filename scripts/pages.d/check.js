// Opens pages in headless Chromium and says what is wrong with them.
// Usage: node check.js FOLDER-WITH-NODE_MODULES BROWSER FOLDER-WITH-PAGES [FOLDER-FOR-PICTURES]
// SPDX-License-Identifier: Apache-2.0
"use strict";
const fs = require("fs");
const path = require("path");

const [modules, browserPath, folder, pictures] = process.argv.slice(2);
const puppeteer = require(path.join(modules, "node_modules/puppeteer-core"));
const axe = fs.readFileSync(path.join(modules, "node_modules/axe-core/axe.min.js"), "utf-8");
const hostile = fs.readFileSync(path.join(__dirname, "hostile.txt"), "utf-8").trim();
let wrong = 0;

function say(name, what) {
    console.error(`${name}: ${what}`);
    wrong++;
}

// What the page is once it stands: counts of what may not be there, and its width.
function measure() {
    const of = (query) => document.querySelectorAll(query).length;
    return {
        markup: of("script, img, iframe, object, embed, form, link[rel=stylesheet], [onload], [onerror], [onclick]"),
        hits: window.hits || 0,
        width: document.documentElement.scrollWidth,
        text: document.documentElement.textContent,
    };
}

async function checkAccess(page, name, scheme) {
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const violation of found.violations)
        say(name, `${scheme}: axe: ${violation.id}: ${violation.help}: ${violation.nodes[0].html.slice(0, 200)}`);
}

// A page of hostile texts has the structure of its twin: axe looks at the one with the most kinds of parts.
function needsAxe(name, scheme) {
    if (name.startsWith("hostile_")) return scheme === "light" && name === "hostile_run_1.html";
    return scheme === "light" || /^(run_[15]|nights|scaling|matrix|crash_1)[.]html$/.test(name);
}

async function check(browser, name) {
    const page = await browser.newPage();
    const isPage = name.endsWith(".html");
    let requests = 0;
    page.on("console", (message) => say(name, `console: ${message.text()}`));
    page.on("pageerror", (error) => say(name, `error: ${error.message}`));
    page.on("request", (request) => {
        if (/^(https?|wss?|ftp):/.test(request.url()) || (++requests > 1 && request.url().startsWith("file:")))
            say(name, `loads ${request.url()}`);
    });
    await page.setBypassCSP(true); // axe is a script of ours; what the page may load is seen by its requests
    await page.evaluateOnNewDocument(() => { window.hit = () => { window.hits = (window.hits || 0) + 1; }; });
    await page.setViewport({ width: 1200, height: 900 });
    await page.goto("file://" + path.join(folder, name));
    if (isPage) {
        await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
        for (const width of [320, 1200, 2000]) {
            await page.setViewport({ width, height: 900 });
            const seen = await page.evaluate(measure);
            if (seen.width > width) say(name, `is ${seen.width} pixels wide in a window of ${width}`);
        }
        for (const scheme of ["light", "dark"]) {
            await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
            if (needsAxe(name, scheme)) await checkAccess(page, name, scheme);
        }
    }
    const seen = await page.evaluate(measure);
    if (seen.hits > 0) say(name, "a text of a round ran as a script");
    if (seen.markup > 0) say(name, `has ${seen.markup} elements that it must not have`);
    if (isPage && name.startsWith("hostile_") && !/summary|nights|round|scaling/.test(name) && !seen.text.includes(hostile))
        say(name, "does not show the hostile text as it is");
    if (pictures) {
        await page.setViewport({ width: 1200, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
        await page.screenshot({ path: path.join(pictures, name + ".png"), fullPage: true });
    }
    await page.close();
}

async function main() {
    const names = fs.readdirSync(folder).filter((name) => /[.](html|svg)$/.test(name)).sort();
    const browser = await puppeteer.launch({
        executablePath: browserPath, headless: true, protocolTimeout: 300000, timeout: 120000,
        args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
    // Two at a time, since a page is one process of the browser.
    const left = [...names];
    const work = async () => { while (left.length > 0) await check(browser, left.shift()); };
    await Promise.all([work(), work()]);
    console.log(`${names.length} pages and pictures seen, ${wrong} findings`);
    await browser.close();
    process.exit(wrong > 0 ? 1 : 0);
}

main().catch((error) => {
    console.error(`scripts/check_pages: the browser failed: ${error.message}`);
    process.exit(1);
});
