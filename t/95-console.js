// examples/console in a browser, on the gateway whose address is the argument:
// see t/95-console.sh. Prints TAP.
"use strict";

const { isDeepStrictEqual } = require("util");
const { launch } = require("../tools/console/browser.js");

const base = process.argv[2];
const message = (number) =>
    `{"application":8,"data":[{"number":"${number}","message":"Hello"}]}`;

let number = 0;
let failed = 0;
function ok(passed, title, got) {
    number++;
    if (!passed) failed++;
    console.log(`${passed ? "ok" : "not ok"} ${number} - ${title}`);
    if (!passed && got !== undefined)
        console.log(`# got: ${JSON.stringify(got)}`.replaceAll("\n", "\n# "));
}
const is = (got, expected, title) =>
    ok(isDeepStrictEqual(got, expected), title, got);

// What the page shows at last.
async function becomes(read, passes, title) {
    let got;
    for (let tries = 0; tries < 100; tries++) {
        got = await read();
        if (passes(got)) break;
        await new Promise((done) => setTimeout(done, 100));
    }
    ok(passes(got), title, got);
}

const post = (path, body) => fetch(base + path, {
    method: "POST", body, headers: { "Content-Type": "application/json" } });

async function main(page) {
    const requests = [];
    const errors = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (text) => {
        // The browser's own note of an answer that is not a success.
        if (text.type() === "error" && !/status of 4\d\d/.test(text.text()))
            errors.push(text.text());
    });

    const text = (id) => page.locator(`#${id}`).innerText();
    const rows = async (id) => (await page.locator(`#${id} tr`).allInnerTexts())
        .map((line) => line.split("\t").map((part) => part.trim()));
    const counts = async () => (await rows("requests"))
        .map((row) => row.slice(0, 3).join(" ")).sort();
    const breaker = async () => (await rows("endpoints"))
        .find(([endpoint]) => endpoint === "custom")?.[4] ?? "";
    const send = async (path, body) => {
        await page.selectOption("#path", path);
        if (body !== undefined) await page.fill("#body", body);
        await page.click("button");
        await page.waitForFunction(
            () => document.getElementById("answer").textContent !== "");
        return text("answer");
    };

    // From before the page is opened: in the totals, but not in the last
    // minutes.
    for (let i = 0; i < 3; i++) await post("/push", message("15550100001"));

    await page.clock.install();
    await page.goto(base + "/");
    await becomes(() => text("messages"), (got) => got === "3",
                  "messages accepted so far");
    is(await text("balance"), "not asked yet", "no balance before the first");
    is(await counts(), [], "nothing in the last minutes");
    is(await text("trouble"), "", "no trouble");

    let answer = await send("/push");
    ok(/^HTTP 200\n/.test(answer) && answer.includes('"msg_id"'),
       "a message is accepted", answer);
    ok(answer.includes("X-Request-Id: "), "the answer has its id", answer);
    const shown = await text("request");
    ok(shown.startsWith("POST /push\n") && shown.includes('"15550100001"'),
       "the request is shown", shown);

    answer = await send("/tokens");
    ok(answer.includes('"api_token"'), "tokens are issued", answer);
    ok((await text("request")).includes('"ip_whitelist"'),
       "another request has another body");

    answer = await send("/push", '{"application":8,"data":[{"number":"+1"}]}');
    ok(/^HTTP 422\n/.test(answer) && answer.includes("/data/0/number"),
       "an invalid message is not", answer);
    answer = await send("/push", "<img src=//192.0.2.1/x>");
    ok(answer.includes("malformed_json"), "nor what is no JSON", answer);
    for (let i = 0; i < 4; i++) await post("/push", message("99999990403"));

    const mix = ["create-api-token issued 1", "push accepted 1",
                 "push insufficient_balance 4", "push invalid_request 1",
                 "push malformed_json 1"];
    await becomes(counts, (got) => isDeepStrictEqual(got, mix),
                  "requests by endpoint and outcome");
    const widths = await page.locator("#requests .bar").evaluateAll((bars) =>
        bars.map((bar) => [bar.className, bar.getBoundingClientRect().width]));
    const wide = Math.max(...widths.map(([, width]) => width));
    is(widths.map(([name, width]) => [name, Math.round(4 * width / wide)]).sort(),
       [["bar bad", 1], ["bar bad", 1], ["bar bad", 4],
        ["bar good", 1], ["bar good", 1]], "bars as long as they should be");
    const summary = await text("summary");
    ok(summary.startsWith("2 succeeded, 6 failed"), "and in sum", summary);
    ok(/Counted since this page was opened, \d+ s ago/.test(summary),
       "a page younger than the time shown says so", summary);
    const heights = await page.locator("#columns rect").evaluateAll((all) =>
        all.map((each) => [each.getAttribute("class"),
                           Number(each.getAttribute("height"))]));
    is(heights.length, 60, "thirty columns of two parts");
    for (const kind of ["good", "bad"])
        ok(heights.some(([name, height]) => name === kind && height > 0),
           `a column shows ${kind} ones`);
    const push = (await rows("endpoints")).find(([name]) => name === "push");
    ok(/^[\d.]+ m?s$/.test(push[1]) && /^[\d.]+ m?s$/.test(push[3]),
       "the vendor's time", push);
    is(push[4], "closed", "a closed breaker");

    await page.clock.fastForward("06:00");
    await becomes(counts, (got) => got.length === 0,
                  "after six minutes, the last five have nothing");
    await page.selectOption("#minutes", "15");
    await becomes(counts, (got) => isDeepStrictEqual(got, mix),
                  "and the last fifteen all");
    await page.clock.fastForward("20:00");
    await becomes(counts, (got) => got.length === 0, "for some time");
    await page.selectOption("#minutes", "5");

    // The breaker: the vendor's own answer does not tell for how long.
    answer = await send("/disabled");
    ok(/^HTTP 410\n/.test(answer) && !answer.includes("Retry-After"),
       "an endpoint that is disabled", answer);
    await becomes(breaker, (got) => /^open or half open, for \d+ s at/.test(got),
                  "a breaker of which no more is known");
    answer = await send("/disabled");
    const after = Number(/Retry-After: (\d+)/.exec(answer)?.[1]);
    ok(after > 20 && after <= 30, "the next answer tells for how long", answer);
    const left = async () => Number(/again in (\d+) s$/.exec(await breaker())?.[1]);
    await becomes(left, (got) => got > 0 && got <= after,
                  "so does the page");
    await becomes(left, (got) => got < after, "which counts down");
    await page.clock.fastForward(10000);
    await becomes(left, (got) => got > 0 && got <= after - 10,
                  "by seconds");
    await page.clock.fastForward(30000);
    await becomes(breaker, (got) => got.startsWith("its time is over"),
                  "to its end");

    // One a second goes out, the others wait.
    const all = Promise.all([1, 2, 3, 4, 5, 6].map(() => post("/balance", "{}")));
    await page.clock.fastForward(2000);
    await becomes(() => text("waiting"), (got) => Number(got) > 0,
                  "requests that wait");
    ok(Number(await text("in-flight")) > 0, "are in the gateway");
    const told = (await (await all)[0].json()).balance;
    await becomes(() => text("balance"), (got) => Number(got) === Number(told),
                  "the balance");
    await becomes(() => text("waiting"), (got) => got === "0", "nothing waits");

    await keyboard(page, text);
    await colours(page);

    is(requests.filter((url) => !url.startsWith(base + "/")), [],
       "no request to another origin");
    is(errors, [], "no error in the console");

    // A restart of nginx: counters begin at zero, and are not taken for less.
    await page.clock.fastForward("20:00");
    const state = await (await fetch(`${base}/status`)).json();
    state.pickyassist_requests_total.push.accepted = 2;
    await becomes(counts, (got) => got.length === 0, "nothing for a while");
    await page.route("**/status", (route) => route.fulfill({ json: state }));
    await page.clock.fastForward(2000);
    await becomes(counts, (got) => isDeepStrictEqual(got, ["push accepted 2"]),
                  "two requests since a restart");
    await page.unroute("**/status");
    await page.route("**/status", (route) => route.abort());
    await page.clock.fastForward(2000);
    await becomes(() => text("trouble"), (got) => got.startsWith("No state: "),
                  "a gateway that does not answer");
}

async function keyboard(page, text) {
    const focused = () => page.evaluate(() => {
        const at = document.activeElement;
        return at.id || at.tagName;
    });
    await page.locator("h1").click();
    const order = [];
    for (let i = 0; i < 5; i++) {
        await page.keyboard.press("Tab");
        order.push(await focused());
    }
    is(order, ["path", "body", "BUTTON", "minutes", "live"],
       "Tab leads through the page");
    for (let i = 0; i < 2; i++) await page.keyboard.press("Shift+Tab");
    const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement).outlineWidth);
    is(outline, "3px", "where the focus is can be seen");

    for (let i = 0; i < 2; i++) await page.keyboard.press("Shift+Tab");
    is(await focused(), "path", "back at the choice of requests");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    is(await page.locator("#path").inputValue(), "/tokens", "an arrow chooses");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await becomes(() => text("answer"), (got) => got.includes('"api_token"'),
                  "Enter on the button sends");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("{}");
    await page.keyboard.press("Control+Enter");
    await becomes(() => text("answer"), (got) => got.includes("invalid_request"),
                  "Ctrl-Enter in the body sends what is written there");
    is(await page.locator("input, select, textarea").evaluateAll((all) =>
        all.filter((each) => each.labels.length === 0).map((each) => each.id)),
       [], "everything to fill in has a label");
}

// The contrast of two colours by WCAG 2.
const contrast = (page, above, below) => page.evaluate((colours) => {
    const canvas = document.createElement("canvas").getContext("2d");
    const [a, b] = colours.map((colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data]
            .map((part) => part / 255)
            .map((part) => part <= 0.03928 ? part / 12.92
                                           : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
    });
    return Math.max(a, b) / Math.min(a, b);
}, [above, below]);

async function colours(page) {
    const grounds = [];
    for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const [text, ground, good, bad] = await page.evaluate(() => {
            const style = getComputedStyle(document.body);
            return [style.color, style.backgroundColor,
                    style.getPropertyValue("--good"),
                    style.getPropertyValue("--bad")];
        });
        grounds.push(ground);
        ok(await contrast(page, text, ground) >= 7, `${colorScheme}: text`);
        ok(await contrast(page, good, ground) >= 3
           && await contrast(page, bad, ground) >= 3, `${colorScheme}: bars`);
    }
    ok(grounds[0] !== grounds[1], "light and dark are not the same", grounds);
}

(async () => {
    const browser = await launch();
    try {
        const context = await browser.newContext();
        context.setDefaultTimeout(20000);
        await main(await context.newPage());
    } finally {
        await browser.close();
    }
    console.log(`1..${number}`);
    process.exitCode = failed ? 1 : 0;
})();
