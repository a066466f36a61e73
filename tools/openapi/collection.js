// Converts the description of an API into a collection of Postman's:
//
//     collection.js DESCRIPTION COLLECTION
"use strict";

const { readFileSync, writeFileSync } = require("fs");
const converter = require("openapi-to-postmanv2");

const [description, collection] = process.argv.slice(2);
const options = { folderStrategy: "Tags", parametersResolution: "Example",
                  requestNameSource: "Fallback" };

// What would differ each time goes: ids, since Postman gives out its own, and
// examples of responses, which the converter invents.
const random = ["id", "_postman_id", "response"];

function withoutRandom(node) {
    if (Array.isArray(node)) return node.map(withoutRandom);
    if (node === null || typeof node !== "object") return node;
    const kept = Object.entries(node).filter(([name]) => !random.includes(name));
    const copy = Object.fromEntries(
        kept.map(([name, value]) => [name, withoutRandom(value)]));
    // Another request needs another key: Postman's variable is a new UUID.
    if (copy.key === "Idempotency-Key") copy.value = '"{{$guid}}"';
    return copy;
}

converter.convertV2(
    { type: "string", data: readFileSync(description, "utf8") }, options,
    (error, result) => {
        if (error || !result.result)
            throw error || new Error(result.reason);
        writeFileSync(collection, JSON.stringify(
            withoutRandom(result.output[0].data), null, 2) + "\n");
    });
