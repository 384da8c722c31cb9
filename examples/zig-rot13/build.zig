const std = @import("std");

pub fn build(b: *std.Build) void {
    const program = b.addExecutable(.{
        .name = "zig-rot13",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/main.zig"),
            .target = b.standardTargetOptions(.{}),
            .optimize = b.standardOptimizeOption(.{}),
        }),
    });
    b.installArtifact(program);
}
