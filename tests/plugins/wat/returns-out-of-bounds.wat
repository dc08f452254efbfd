;; Returns a text outside its memory.
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "$MANIFEST")
  (func (export "flow:action/handler@1.0.0#describe") (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const $LENGTH))
    (i32.const 0))
  (func (export "flow:action/handler@1.0.0#invoke") (result i32)
    (i32.store8 (i32.const 512) (i32.const 0))
    (i32.store (i32.const 516) (i32.const 65000))
    (i32.store (i32.const 520) (i32.const 100000))
    (i32.const 512)))
