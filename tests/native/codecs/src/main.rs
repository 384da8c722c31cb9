//! A library in C and one in C++, compiled by the crates that bring them.

use snappy_src as _;

unsafe extern "C" {
    fn snappy_max_compressed_length(length: usize) -> usize;
}

fn main() {
    let text = b"again and again and again and again";
    // SAFETY: the buffers are as long as is said.
    let (deflated, bound) = unsafe {
        let compressor = libdeflate_sys::libdeflate_alloc_compressor(6);
        let mut out = [0_u8; 64];
        let (from, to) = (text.as_ptr().cast(), out.as_mut_ptr().cast());
        let length = libdeflate_sys::libdeflate_deflate_compress(compressor, from, text.len(), to, out.len());
        (length, snappy_max_compressed_length(text.len()))
    };
    println!("{} bytes deflated to {deflated}; snappy needs at most {bound}", text.len());
}
