require "json"

name = ARGV.first || "world"
puts JSON.generate({ greeting: "Hello, #{name}!", ruby: RUBY_VERSION })
exit 3 if name.empty?
