
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "endpoints.h"


#define PA_ENDPOINT_ROW(name, text, path, token)                              \
    { pa_string(text), pa_string(path), PA_TOKEN_##token },

const pa_endpoint_t  pa_endpoints[PA_ENDPOINT_COUNT] = {
    PA_ENDPOINTS(PA_ENDPOINT_ROW)
};

#undef PA_ENDPOINT_ROW
