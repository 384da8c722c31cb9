#include <pthread.h>
static void *work(void *x) { return x; }
int main(void) {
    pthread_t thread;
    return pthread_create(&thread, 0, work, 0);
}
