// Compiled by tools/openapi/check against the types that openapi-typescript
// makes of docs/openapi.yaml: a client that is generated must get real types,
// not "unknown".

import type { components, paths } from "./api";

type Schemas = components["schemas"];

// true for unknown and any, which accept everything
type IsUnknown<T> = unknown extends T ? true : false;
const real = <T>(unknown: IsUnknown<T>) => unknown;

real<Schemas["Address"]>(false);
real<Schemas["Problem"]["code"]>(false);
real<Schemas["Problem"]["effect"]>(false);
real<Schemas["Id"]>(false);
real<Schemas["Phone"]>(false);
real<Schemas["TokenRequest"]["ip_whitelist"]>(false);
real<NonNullable<Schemas["PushRequest"]["data"]>[number]["number"]>(false);

type Push = paths["/push"]["post"]["requestBody"]["content"]["application/json"];

export const message: Push = {
    application: 8,
    data: [{ number: "15550100001", message: "Hello" }],
};

// @ts-expect-error a message needs an application
export const nowhere: Push = { data: [{ number: "15550100001" }] };

export function again(problem: Schemas["Problem"]): boolean {
    return problem.effect === "none" && problem.retry === "later";
}
