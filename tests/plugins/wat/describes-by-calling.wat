;; Calls the host from `describe`.
(module
  (import "flow:action/session@1.0.0" "depth" (func $depth (result i32)))
  (memory (export "memory") 1)
  (func (export "flow:action/handler@1.0.0#describe") (result i32) (drop (call $depth)) (i32.const 0))
  (func (export "flow:action/handler@1.0.0#invoke") (result i32) unreachable))
