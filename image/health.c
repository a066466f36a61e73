
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * pickyassist-health: succeeds if the gateway in this container answers.  The
 * health check of Docker and Podman; the image has no other program for it.
 */


#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


#define PORT     9145
#define SECONDS  3


static const char  request[] = "GET /health HTTP/1.0\r\n\r\n";
static const char  expected[] = "HTTP/1.1 200 ";


int
main(void)
{
    int                 s;
    char                reply[sizeof(expected) - 1];
    size_t              len;
    ssize_t             n;
    struct sockaddr_in  addr = {
        .sin_family = AF_INET,
        .sin_port = htons(PORT),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    /* a gateway that does not answer in time ends this program by a signal */

    alarm(SECONDS);

    s = socket(AF_INET, SOCK_STREAM, 0);

    if (s == -1
        || connect(s, (struct sockaddr *) &addr, sizeof(addr)) == -1
        || send(s, request, sizeof(request) - 1, MSG_NOSIGNAL)
           != sizeof(request) - 1)
    {
        return 1;
    }

    for (len = 0; len < sizeof(reply); len += (size_t) n) {
        n = recv(s, reply + len, sizeof(reply) - len, 0);

        if (n <= 0) {
            return 1;
        }
    }

    return memcmp(reply, expected, sizeof(reply)) == 0 ? 0 : 1;
}
