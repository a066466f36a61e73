// Takes pictures of examples/console on the gateway whose address is the first
// argument, into the directory that is the second: see tools/pictures.
"use strict";

const { launch } = require("./browser.js");

const [base, directory] = process.argv.slice(2);
const message = (number) =>
    `{"application":8,"data":[{"number":"${number}","message":"Hello"}]}`;
const post = (path, body) => fetch(base + path, {
    method: "POST", body, headers: { "Content-Type": "application/json" } });

// Ten seconds of requests, more and more and fewer again, a few of which fail.
async function someRequests(step) {
    const many = Math.round(6 + 5 * Math.sin(step / 4) + step % 3);
    for (let i = 0; i < many; i++) await post("/push", message("15550100001"));
    if (step % 3 === 0)
        await post("/tokens", '{"project_id":6681,"ip_whitelist":["192.168.0.1"]}');
    if (step % 4 === 0) await post("/push", '{"application":8}');
    if (step > 18 && step < 24)
        for (let i = 0; i < 3; i++) await post("/push", message("99999990403"));
}

(async () => {
    const browser = await launch();
    const page = await browser.newPage({ viewport: { width: 1120, height: 980 } });
    await page.clock.install();
    await page.goto(base + "/");
    for (let step = 0; step < 31; step++) {
        await someRequests(step);
        await page.clock.fastForward(10000);
        await page.waitForTimeout(100);
    }
    // The second answer has the seconds for which the breaker is open.
    for (let i = 0; i < 2; i++) {
        await page.selectOption("#path", "/disabled");
        await page.click("button");
        await page.waitForFunction(
            () => document.getElementById("answer").textContent !== "");
    }
    const waiting = Promise.all([1, 2, 3, 4].map(() => post("/balance", "{}")));
    await page.selectOption("#path", "/push");
    await page.click("button");
    await page.waitForFunction(
        () => document.getElementById("answer").textContent.includes("msg_id"));
    await page.waitForFunction(
        () => document.getElementById("waiting").textContent > 0
              && document.getElementById("balance").textContent > 0);
    for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: `${directory}/${colorScheme}.png` });
    }
    await waiting;
    await browser.close();
})();
