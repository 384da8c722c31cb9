#include <zlib.h>
int main(void) { return 0; }
