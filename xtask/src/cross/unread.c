/* Stands before epoll_ctl(2) of Wine's server, for the tests under Wine alone.
 *
 * The event loop below Hark asks Windows for the hang-up of a connection also while there is something unread that it
 * was told of. Wine's server has Linux wake it then for as long as something is unread, finds no hang-up, and is woken
 * at once again: while a program is busy with other things its server takes a processor, and whoever else asks it
 * waits. Here Linux is to wake it once for what comes. What is there before is no loss: it looks itself when a program
 * begins to ask (server/sock.c of Wine 10). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>

typedef int control(int epoll, int operation, int fd, struct epoll_event *event);

static int option(int fd, int name)
{
    int value = -1;
    socklen_t length = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, name, &value, &length) ? -1 : value;
}

static int is_connection(int fd)
{
    int family = option(fd, SO_DOMAIN);
    return (family == AF_INET || family == AF_INET6) && option(fd, SO_TYPE) == SOCK_STREAM
        && option(fd, SO_ACCEPTCONN) == 0;
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    static control *next;
    struct epoll_event once;

    if (!next)
        next = (control *)dlsym(RTLD_NEXT, "epoll_ctl");
    if (operation != EPOLL_CTL_DEL && event->events == EPOLLIN && is_connection(fd)) {
        once = *event;
        once.events |= EPOLLET;
        event = &once;
    }
    return next(epoll, operation, fd, event);
}
