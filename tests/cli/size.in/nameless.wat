(module (func (export "_start") call 1) (func nop nop))
