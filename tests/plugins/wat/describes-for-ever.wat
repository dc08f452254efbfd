;; Runs an infinite loop in `describe`.
(module
  (memory (export "memory") 1)
  (func (export "flow:action/handler@1.0.0#describe") (result i32) (loop $again (br $again)) unreachable)
  (func (export "flow:action/handler@1.0.0#invoke") (result i32) unreachable))
