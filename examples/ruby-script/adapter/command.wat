;; What makes a command of Ruby: the npm package is a library, which waits for JavaScript to call it.
(module
  (import "ruby" "memory" (memory 1))
  (import "ruby" "_initialize" (func $initialize))
  (import "ruby" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "ruby" "ruby-init: func(args: list<string>) -> ()" (func $init (param i32 i32)))
  (import "ruby" "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
    (func $eval (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))

  ;; As `ruby FILE` would: runs the file, tells what it died of, and ends with its exit code.
  (data $script "begin; load $0; code = 0; rescue SystemExit => e; code = e.status; rescue Exception => e; $stderr.write(e.full_message); code = 1; end; $stdout.flush; Process.exit!(code)")
  (global $script_bytes i32 (i32.const 170))

  (func (export "_start")
    (local $sizes i32) (local $count i32) (local $pointers i32) (local $list i32)
    (local $number i32) (local $text i32) (local $end i32) (local $entry i32)
    (call $initialize)
    (local.set $sizes (call $allocate (i32.const 8)))
    (drop (call $args_sizes (local.get $sizes) (i32.add (local.get $sizes) (i32.const 4))))
    (local.set $count (i32.load (local.get $sizes)))
    (local.set $pointers (call $allocate (i32.mul (local.get $count) (i32.const 4))))
    (drop (call $args (local.get $pointers) (call $allocate (i32.load offset=4 (local.get $sizes)))))

    ;; WASI ends a text with a zero; a list of texts says where each begins and how long it is. Ruby wants both.
    (local.set $list (call $allocate (i32.mul (local.get $count) (i32.const 8))))
    (loop $each
      (if (i32.lt_u (local.get $number) (local.get $count)) (then
        (local.set $text (i32.load (i32.add (local.get $pointers) (i32.mul (local.get $number) (i32.const 4)))))
        (local.set $end (local.get $text))
        (loop $look
          (local.set $end (i32.add (local.get $end) (i32.const 1)))
          (br_if $look (i32.load8_u (i32.sub (local.get $end) (i32.const 1)))))
        (local.set $entry (i32.add (local.get $list) (i32.mul (local.get $number) (i32.const 8))))
        (i32.store (local.get $entry) (local.get $text))
        (i32.store offset=4 (local.get $entry) (i32.sub (local.get $end) (local.get $text)))
        (local.set $number (i32.add (local.get $number) (i32.const 1)))
        (br $each))))
    (call $init (local.get $list) (local.get $count))

    (local.set $text (call $allocate (global.get $script_bytes)))
    (memory.init $script (local.get $text) (i32.const 0) (global.get $script_bytes))
    (drop (call $eval (local.get $text) (global.get $script_bytes)))
    unreachable)

  (func $allocate (param $bytes i32) (result i32)
    (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (local.get $bytes))))
