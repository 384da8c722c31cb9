// Runs the SQL given as arguments in a database in memory, and prints the rows.

#include "sqlite3.h"

#include <stdio.h>

static int print_row(void *context, int columns, char **values, char **names) {
    (void)context, (void)names;
    for (int i = 0; i < columns; i++) {
        printf("%s%s", i > 0 ? "|" : "", values[i] != NULL ? values[i] : "");
    }
    putchar('\n');
    return 0;
}

int main(int argc, char **argv) {
    sqlite3 *database;
    if (sqlite3_open(":memory:", &database) != SQLITE_OK) {
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        char *message = NULL;
        if (sqlite3_exec(database, argv[i], print_row, NULL, &message) != SQLITE_OK) {
            fprintf(stderr, "sqlite: %s\n", message);
            return 1;
        }
    }
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
