//! Components for tests: plugins with a given id, and components that exhaust a compiler.

/// The id and version in a shipped action's manifest.
const IDENTITY: &str = r#""id":"campaign-dnd-validator","version":"1.0.0""#;

/// A copy of `campaign-dnd-validator` with this id and version. Both together must not be longer than those of that
/// action.
pub fn plugin(id: &str, version: &str) -> Vec<u8> {
    let (_, shipped) = flowhost::catalog::built_in()
        .find(|(id, _)| *id == "campaign-dnd-validator")
        .expect("the action ships with the host");
    let identity = format!(r#""id":"{id}","version":"{version}""#);
    assert!(identity.len() <= IDENTITY.len(), "{identity} is too long");
    let identity = format!("{identity:width$}", width = IDENTITY.len());
    let mut places = shipped.windows(IDENTITY.len()).enumerate().filter(|(_, bytes)| *bytes == IDENTITY.as_bytes());
    let (place, _) = places.next().expect("the manifest is in the component");
    assert!(places.next().is_none(), "the manifest is in the component once");
    let mut component = shipped.to_vec();
    component[place..place + identity.len()].copy_from_slice(identity.as_bytes());
    component
}

/// The component with a further core module that has functions with these bodies. Each function has no parameters and
/// returns an `i32`.
pub fn with_functions(mut component: Vec<u8>, bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f".to_vec();
    section(&mut module, 3, &[number(bodies.len()), vec![0; bodies.len()]].concat());
    let mut code = number(bodies.len());
    for body in bodies {
        code.extend(number(body.len()));
        code.extend(body);
    }
    section(&mut module, 10, &code);
    section(&mut component, 1, &module);
    component
}

/// The body of a function of about `bytes` bytes that adds numbers.
pub fn adding_body(bytes: usize) -> Vec<u8> {
    [b"\0\x41\x01".as_slice(), &b"\x41\x01\x6a".repeat(bytes / 3), b"\x0b"].concat()
}

/// The body of a function that returns the first of its locals.
pub fn body_with_locals(locals: usize) -> Vec<u8> {
    [&[1], number(locals).as_slice(), b"\x7f\x20\0\x0b"].concat()
}

/// The body of a function of about `bytes` bytes that changes its locals, each in a conditional block. Compilation
/// takes memory proportional to the product of both arguments.
pub fn branching_body(locals: usize, bytes: usize) -> Vec<u8> {
    let mut body = [&[1], number(locals).as_slice(), b"\x7f"].concat();
    for turn in 0.. {
        let local = number(turn * 7 % locals);
        // local.get, if, local.get, i32.const 1, i32.add, local.set, end
        body.extend([b"\x20", &*local, b"\x04\x40\x20", &local, b"\x41\x01\x6a\x21", &local, b"\x0b"].concat());
        if body.len() >= bytes {
            break;
        }
    }
    body.extend(b"\x20\0\x0b");
    body
}

fn section(bytes: &mut Vec<u8>, id: u8, content: &[u8]) {
    bytes.push(id);
    bytes.extend(number(content.len()));
    bytes.extend(content);
}

/// The number in LEB128 encoding.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
