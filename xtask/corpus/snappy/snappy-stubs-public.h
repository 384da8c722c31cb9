// What snappy's build generates from a template: that this system has `iovec`.

#ifndef SNAPPY_STUBS_PUBLIC_H
#define SNAPPY_STUBS_PUBLIC_H

#include <sys/uio.h>

#endif
