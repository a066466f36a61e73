// Starts the browser that tools/console/install has installed.
"use strict";

const { accessSync } = require("fs");
const { chromium } = require("../../build/console/node_modules/playwright-core");

exports.launch = () => {
    const found = ["chromium-headless-shell", "chromium"]
        .flatMap((name) => [`/usr/bin/${name}`, `/usr/lib/chromium/${name}`])
        .find((path) => { try { accessSync(path); return true; } catch { } });
    // Its sandbox is not for root, which tests in containers often are.
    return chromium.launch({ executablePath: found, args: ["--no-sandbox"] });
};
