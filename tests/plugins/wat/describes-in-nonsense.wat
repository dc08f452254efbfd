;; Returns a text from `describe` that is not a manifest.
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "no manifest")
  (func (export "flow:action/handler@1.0.0#describe") (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 11))
    (i32.const 0))
  (func (export "flow:action/handler@1.0.0#invoke") (result i32) unreachable))
