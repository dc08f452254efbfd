;; Recurses without end on the engine's stack.
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "$MANIFEST")
  (func (export "flow:action/handler@1.0.0#describe") (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const $LENGTH))
    (i32.const 0))
  (func $deeper (param i32) (result i32)
    (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "flow:action/handler@1.0.0#invoke") (result i32) (call $deeper (i32.const 0))))
