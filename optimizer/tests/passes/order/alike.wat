;; RUN: order
(module
  (func $a0 (export "a0") (param i32) (result i32)
    local.get 0
    i32.const 0 i32.xor
    i32.const 636063 i32.add
    i32.const 216354 i32.xor
    i32.const 830594 i32.add
    i32.const 1004280 i32.xor
    i32.const 325000 i32.add
    i32.const 188953 i32.xor
    i32.const 139492 i32.add
    i32.const 41559 i32.xor
    i32.const 842197 i32.add
    i32.const 606864 i32.xor
    i32.const 123411 i32.add
    i32.const 465417 i32.xor
    i32.const 755488 i32.add
    i32.const 580245 i32.xor
    i32.const 362103 i32.add
    i32.const 222682 i32.xor
    i32.const 548865 i32.add
    i32.const 449630 i32.xor
    i32.const 53770 i32.add
    i32.const 545792 i32.xor
    i32.const 569896 i32.add
    i32.const 405663 i32.xor
    i32.const 345648 i32.add
  )
  (func $b0 (export "b0") (param i32) (result i32)
    local.get 0
    i32.const 0 i32.xor
    i32.const 607420 i32.add
    i32.const 780964 i32.xor
    i32.const 181861 i32.add
    i32.const 707584 i32.xor
    i32.const 813552 i32.add
    i32.const 521925 i32.xor
    i32.const 372853 i32.add
    i32.const 518672 i32.xor
    i32.const 993185 i32.add
    i32.const 587197 i32.xor
    i32.const 187372 i32.add
    i32.const 629660 i32.xor
    i32.const 15123 i32.add
    i32.const 612246 i32.xor
    i32.const 653812 i32.add
    i32.const 409207 i32.xor
    i32.const 868107 i32.add
    i32.const 888628 i32.xor
    i32.const 604406 i32.add
    i32.const 903962 i32.xor
    i32.const 946596 i32.add
    i32.const 338313 i32.xor
    i32.const 489108 i32.add
  )
  (func $c0 (export "c0") (param i32) (result i32)
    local.get 0
    i32.const 0 i32.xor
    i32.const 544536 i32.add
    i32.const 90677 i32.xor
    i32.const 170027 i32.add
    i32.const 97144 i32.xor
    i32.const 970288 i32.add
    i32.const 588111 i32.xor
    i32.const 988262 i32.add
    i32.const 718994 i32.xor
    i32.const 304218 i32.add
    i32.const 410147 i32.xor
    i32.const 139331 i32.add
    i32.const 865693 i32.xor
    i32.const 425031 i32.add
    i32.const 925162 i32.xor
    i32.const 579453 i32.add
    i32.const 385254 i32.xor
    i32.const 746231 i32.add
    i32.const 914199 i32.xor
    i32.const 672491 i32.add
    i32.const 416729 i32.xor
    i32.const 678500 i32.add
    i32.const 211769 i32.xor
    i32.const 129206 i32.add
  )
  (func $a1 (export "a1") (param i32) (result i32)
    local.get 0
    i32.const 495028 i32.xor
    i32.const 636063 i32.add
    i32.const 216354 i32.xor
    i32.const 830594 i32.add
    i32.const 1004280 i32.xor
    i32.const 1 i32.add
    i32.const 188953 i32.xor
    i32.const 139492 i32.add
    i32.const 41559 i32.xor
    i32.const 842197 i32.add
    i32.const 606864 i32.xor
    i32.const 123411 i32.add
    i32.const 465417 i32.xor
    i32.const 755488 i32.add
    i32.const 580245 i32.xor
    i32.const 362103 i32.add
    i32.const 222682 i32.xor
    i32.const 548865 i32.add
    i32.const 449630 i32.xor
    i32.const 53770 i32.add
    i32.const 545792 i32.xor
    i32.const 569896 i32.add
    i32.const 405663 i32.xor
    i32.const 345648 i32.add
  )
  (func $b1 (export "b1") (param i32) (result i32)
    local.get 0
    i32.const 649802 i32.xor
    i32.const 607420 i32.add
    i32.const 780964 i32.xor
    i32.const 181861 i32.add
    i32.const 707584 i32.xor
    i32.const 1 i32.add
    i32.const 521925 i32.xor
    i32.const 372853 i32.add
    i32.const 518672 i32.xor
    i32.const 993185 i32.add
    i32.const 587197 i32.xor
    i32.const 187372 i32.add
    i32.const 629660 i32.xor
    i32.const 15123 i32.add
    i32.const 612246 i32.xor
    i32.const 653812 i32.add
    i32.const 409207 i32.xor
    i32.const 868107 i32.add
    i32.const 888628 i32.xor
    i32.const 604406 i32.add
    i32.const 903962 i32.xor
    i32.const 946596 i32.add
    i32.const 338313 i32.xor
    i32.const 489108 i32.add
  )
  (func $c1 (export "c1") (param i32) (result i32)
    local.get 0
    i32.const 639865 i32.xor
    i32.const 544536 i32.add
    i32.const 90677 i32.xor
    i32.const 170027 i32.add
    i32.const 97144 i32.xor
    i32.const 1 i32.add
    i32.const 588111 i32.xor
    i32.const 988262 i32.add
    i32.const 718994 i32.xor
    i32.const 304218 i32.add
    i32.const 410147 i32.xor
    i32.const 139331 i32.add
    i32.const 865693 i32.xor
    i32.const 425031 i32.add
    i32.const 925162 i32.xor
    i32.const 579453 i32.add
    i32.const 385254 i32.xor
    i32.const 746231 i32.add
    i32.const 914199 i32.xor
    i32.const 672491 i32.add
    i32.const 416729 i32.xor
    i32.const 678500 i32.add
    i32.const 211769 i32.xor
    i32.const 129206 i32.add
  )
  (func $a2 (export "a2") (param i32) (result i32)
    local.get 0
    i32.const 495028 i32.xor
    i32.const 636063 i32.add
    i32.const 216354 i32.xor
    i32.const 830594 i32.add
    i32.const 1004280 i32.xor
    i32.const 325000 i32.add
    i32.const 188953 i32.xor
    i32.const 139492 i32.add
    i32.const 41559 i32.xor
    i32.const 842197 i32.add
    i32.const 2 i32.xor
    i32.const 123411 i32.add
    i32.const 465417 i32.xor
    i32.const 755488 i32.add
    i32.const 580245 i32.xor
    i32.const 362103 i32.add
    i32.const 222682 i32.xor
    i32.const 548865 i32.add
    i32.const 449630 i32.xor
    i32.const 53770 i32.add
    i32.const 545792 i32.xor
    i32.const 569896 i32.add
    i32.const 405663 i32.xor
    i32.const 345648 i32.add
  )
  (func $b2 (export "b2") (param i32) (result i32)
    local.get 0
    i32.const 649802 i32.xor
    i32.const 607420 i32.add
    i32.const 780964 i32.xor
    i32.const 181861 i32.add
    i32.const 707584 i32.xor
    i32.const 813552 i32.add
    i32.const 521925 i32.xor
    i32.const 372853 i32.add
    i32.const 518672 i32.xor
    i32.const 993185 i32.add
    i32.const 2 i32.xor
    i32.const 187372 i32.add
    i32.const 629660 i32.xor
    i32.const 15123 i32.add
    i32.const 612246 i32.xor
    i32.const 653812 i32.add
    i32.const 409207 i32.xor
    i32.const 868107 i32.add
    i32.const 888628 i32.xor
    i32.const 604406 i32.add
    i32.const 903962 i32.xor
    i32.const 946596 i32.add
    i32.const 338313 i32.xor
    i32.const 489108 i32.add
  )
  (func $c2 (export "c2") (param i32) (result i32)
    local.get 0
    i32.const 639865 i32.xor
    i32.const 544536 i32.add
    i32.const 90677 i32.xor
    i32.const 170027 i32.add
    i32.const 97144 i32.xor
    i32.const 970288 i32.add
    i32.const 588111 i32.xor
    i32.const 988262 i32.add
    i32.const 718994 i32.xor
    i32.const 304218 i32.add
    i32.const 2 i32.xor
    i32.const 139331 i32.add
    i32.const 865693 i32.xor
    i32.const 425031 i32.add
    i32.const 925162 i32.xor
    i32.const 579453 i32.add
    i32.const 385254 i32.xor
    i32.const 746231 i32.add
    i32.const 914199 i32.xor
    i32.const 672491 i32.add
    i32.const 416729 i32.xor
    i32.const 678500 i32.add
    i32.const 211769 i32.xor
    i32.const 129206 i32.add
  )
)
