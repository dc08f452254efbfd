;; Declares the maximum number of tables and runs an infinite loop.
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "$MANIFEST")
  (func (export "flow:action/handler@1.0.0#describe") (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const $LENGTH))
    (i32.const 0))
  (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)
  (func (export "flow:action/handler@1.0.0#invoke") (result i32) (loop $again (br $again)) unreachable))
