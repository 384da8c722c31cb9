// Runs the program given as the argument: what lua.c does, without its prompt.
#include <stdio.h>
#include "lauxlib.h"
#include "lualib.h"

int main(int argc, char **argv) {
    lua_State *lua = luaL_newstate();
    luaL_openlibs(lua);
    if (argc < 2 || luaL_dostring(lua, argv[1])) {
        fprintf(stderr, "%s\n", argc < 2 ? "no program" : lua_tostring(lua, -1));
        return 1;
    }
    lua_close(lua);
}
