;; Calls the host from `describe`.
(module
  (import "flow:action/session@0.1.0" "random" (func $random (result i64)))
  (memory (export "memory") 1)
  (func (export "flow:action/handler@0.1.0#describe") (result i32) (drop (call $random)) (i32.const 0))
  (func (export "flow:action/handler@0.1.0#invoke") (result i32) unreachable))
