package detangle.ir.interpreter;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Strides;
import detangle.ir.UnaryFunction;

/** Operations that compute each element from the elements at its place, operands broadcast. */
final class Elementwise {
    private Elementwise() {}

    static Value unary(UnaryFunction function, Value x) {
        Value out = Value.zeros(x.dtype(), x.shape());
        for (int i = 0; i < x.elements(); i++) {
            if (x.isFloat()) {
                out.floats()[i] = ScalarMath.apply(function, x.floats()[i]);
            } else {
                out.ints()[i] = ScalarMath.wrap(x.dtype(), ScalarMath.apply(function, x.ints()[i]));
            }
        }
        return out;
    }

    static Value binary(BinaryFunction function, Value a, Value b, int[] shape) {
        Value out = Value.zeros(a.dtype(), shape);
        int[] ia = Strides.offsets(shape, Strides.broadcast(a.shape(), shape));
        int[] ib = Strides.offsets(shape, Strides.broadcast(b.shape(), shape));
        for (int i = 0; i < ia.length; i++) {
            if (a.isFloat()) {
                out.floats()[i] = ScalarMath.apply(function, a.floats()[ia[i]], b.floats()[ib[i]]);
            } else {
                long r = ScalarMath.apply(function, a.ints()[ia[i]], b.ints()[ib[i]]);
                out.ints()[i] = ScalarMath.wrap(a.dtype(), r);
            }
        }
        return out;
    }

    static Value compare(Comparison comparison, Value a, Value b, int[] shape) {
        Value out = Value.zeros(DType.I1, shape);
        int[] ia = Strides.offsets(shape, Strides.broadcast(a.shape(), shape));
        int[] ib = Strides.offsets(shape, Strides.broadcast(b.shape(), shape));
        for (int i = 0; i < ia.length; i++) {
            boolean r = a.isFloat()
                    ? ScalarMath.apply(comparison, a.floats()[ia[i]], b.floats()[ib[i]])
                    : ScalarMath.apply(comparison, a.ints()[ia[i]], b.ints()[ib[i]]);
            out.ints()[i] = r ? 1 : 0;
        }
        return out;
    }

    static Value select(Value condition, Value a, Value b, int[] shape) {
        Value out = Value.zeros(a.dtype(), shape);
        int[] ic = Strides.offsets(shape, Strides.broadcast(condition.shape(), shape));
        int[] ia = Strides.offsets(shape, Strides.broadcast(a.shape(), shape));
        int[] ib = Strides.offsets(shape, Strides.broadcast(b.shape(), shape));
        for (int i = 0; i < ic.length; i++) {
            if (condition.ints()[ic[i]] != 0) {
                a.copyElement(ia[i], out, i);
            } else {
                b.copyElement(ib[i], out, i);
            }
        }
        return out;
    }

    static Value convert(Value x, DType to) {
        if (x.isFloat() && to.isFloat()) {
            return Value.of(to, x.shape(), x.floats());
        }
        Value out = Value.zeros(to, x.shape());
        for (int i = 0; i < x.elements(); i++) {
            if (to.isFloat()) {
                out.floats()[i] = x.ints()[i];
            } else if (x.isFloat()) {
                out.ints()[i] = ScalarMath.truncate(to, x.floats()[i]);
            } else {
                out.ints()[i] = to == DType.I1 ? Math.abs(Long.signum(x.ints()[i])) : ScalarMath.wrap(to, x.ints()[i]);
            }
        }
        return out;
    }
}
