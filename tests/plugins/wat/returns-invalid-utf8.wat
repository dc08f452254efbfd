;; Returns bytes that are not UTF-8.
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "$MANIFEST")
  (func (export "flow:action/handler@1.0.0#describe") (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const $LENGTH))
    (i32.const 0))
  (data (i32.const 8192) "\ff\fe")
  (func (export "flow:action/handler@1.0.0#invoke") (result i32)
    (i32.store (i32.const 516) (i32.const 8192))
    (i32.store (i32.const 520) (i32.const 2))
    (i32.const 512)))
