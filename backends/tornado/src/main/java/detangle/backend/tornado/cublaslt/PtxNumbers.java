package detangle.backend.tornado.cublaslt;

import detangle.backend.ComputePrecision;

/** Instructions of a kernel in PTX that convert between numbers of 16 and of 32 bits. */
record PtxNumbers(PtxWriter ptx, ComputePrecision precision) {
    /** The number 0 in PTX. */
    static final String ZERO = "0f00000000";

    /** Returns the type of numbers of 16 bits. */
    String type() {
        return precision == ComputePrecision.FP16 ? "f16" : "bf16";
    }

    /** Returns two numbers of 16 bits; the first one is in the lower half. */
    String narrow(String first, String second) {
        return ptx.integer("cvt.rn." + type() + "x2.f32", second, first);
    }

    /** Loads a number of 16 bits, and returns it in 32. */
    String widen(String load, String place) {
        String narrow = ptx.b16();
        ptx.op(load, narrow, place);
        String wide = ptx.f32();
        if (precision == ComputePrecision.FP16) {
            ptx.op("cvt.f32.f16", wide, narrow);
        } else {
            String bits = ptx.integer("cvt.u32.u16", narrow);
            ptx.op("shl.b32", bits, bits, Short.SIZE);
            ptx.op("mov.b32", wide, bits);
        }
        return wide;
    }
}
