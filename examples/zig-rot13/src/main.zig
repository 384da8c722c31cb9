//! Writes its arguments with each letter replaced by the one 13 places on.

const std = @import("std");

pub fn main(init: std.process.Init) !void {
    const arguments = try init.minimal.args.toSlice(init.arena.allocator());

    var buffer: [1024]u8 = undefined;
    var file: std.Io.File.Writer = .init(.stdout(), init.io, &buffer);
    const stdout = &file.interface;
    for (arguments[1..], 0..) |argument, number| {
        if (number > 0) try stdout.writeByte(' ');
        for (argument) |letter| try stdout.writeByte(rotated(letter));
    }
    try stdout.writeByte('\n');
    try stdout.flush();
}

fn rotated(letter: u8) u8 {
    return switch (letter) {
        'a'...'z' => 'a' + (letter - 'a' + 13) % 26,
        'A'...'Z' => 'A' + (letter - 'A' + 13) % 26,
        else => letter,
    };
}
