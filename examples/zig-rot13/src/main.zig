//! Writes its arguments with each letter replaced by the one 13 places on.

const std = @import("std");

pub fn main() !void {
    var memory: [64 * 1024]u8 = undefined;
    var allocator = std.heap.FixedBufferAllocator.init(&memory);
    const arguments = try std.process.argsAlloc(allocator.allocator());

    var buffer: [1024]u8 = undefined;
    var stdout = std.fs.File.stdout().writer(&buffer);
    for (arguments[1..], 0..) |argument, number| {
        if (number > 0) try stdout.interface.writeByte(' ');
        for (argument) |letter| try stdout.interface.writeByte(rotated(letter));
    }
    try stdout.interface.writeByte('\n');
    try stdout.interface.flush();
}

fn rotated(letter: u8) u8 {
    return switch (letter) {
        'a'...'z' => 'a' + (letter - 'a' + 13) % 26,
        'A'...'Z' => 'A' + (letter - 'A' + 13) % 26,
        else => letter,
    };
}
