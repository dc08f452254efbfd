;; Returns a manifest of 20 MiB.
(module
  (memory (export "memory") 400)
  (func (export "flow:action/handler@1.0.0#describe") (result i32)
    (i32.store (i32.const 4) (i32.const 20971520))
    (i32.const 0))
  (func (export "flow:action/handler@1.0.0#invoke") (result i32) unreachable))
