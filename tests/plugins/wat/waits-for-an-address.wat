;; Waits until another thread wakes it, although there is no other thread.
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "$MANIFEST")
  (func (export "flow:action/handler@1.0.0#describe") (result i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const $LENGTH))
    (i32.const 0))
  (func (export "flow:action/handler@1.0.0#invoke") (result i32)
    (drop (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const -1)))
    unreachable))
