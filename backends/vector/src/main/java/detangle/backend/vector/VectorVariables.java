package detangle.backend.vector;

import detangle.backend.BackendException;
import detangle.backend.InputException;
import detangle.backend.Variables;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.TileMatrix;
import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Parameters in Java arrays, which kernels read and updates write: an array stays the same for as long as there are
 * variables.
 */
final class VectorVariables extends Variables {
    /** The most that every JVM gives to an array, less the vector that kernels read beyond the end. */
    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8 - PackedMatrix.WIDTH;

    private final Map<String, Variable> variables = new HashMap<>();

    /**
     * A variable. Its packed forms, of floats and of tiles, are made when the first program wants them, for all
     * programs, and packed anew at the beginning of the first run that reads them after the value was replaced.
     */
    static final class Variable {
        private final DType dtype;
        private final long[] shape;
        private final int elements;
        private final Object array;
        private PackedMatrix[] packed = {};
        private long version;
        private long packedVersion = -1;
        private Optional<TileMatrix> tiles = Optional.empty();
        private long tilesVersion = -1;

        private Variable(Tensor value) {
            if (value.elements() > MAX_ELEMENTS) {
                throw new InputException("a variable has " + value.elements() + " elements, more than the "
                        + MAX_ELEMENTS + " that a Java array holds: divide it into several");
            }
            this.dtype = value.dtype();
            this.shape = value.shape();
            this.elements = (int) value.elements();
            this.array = Memory.newArray(dtype, elements + PackedMatrix.WIDTH);
        }

        private MemorySegment segment() {
            return Memory.part(dtype, array, 0, elements);
        }

        /** Returns the elements, followed by zeros. */
        Object array() {
            return array;
        }

        /**
         * Returns the matrix {@code [N,K]}, or those of the heads {@code [A,P,d]}, packed for products with their
         * transposes.
         */
        synchronized PackedMatrix[] packed() {
            if (packed.length == 0) {
                PackedMatrix[] all = new PackedMatrix[shape.length == 2 ? 1 : size(0)];
                for (int i = 0; i < all.length; i++) {
                    all[i] = PackedMatrix.empty(size(shape.length - 2), size(shape.length - 1));
                }
                packed = all;
            }
            return packed;
        }

        /** Brings the packed form up to date, in a run's turn; another run that wants it meanwhile waits. */
        synchronized void pack() {
            if (packedVersion != version) {
                for (int i = 0; i < packed.length; i++) {
                    packed[i].pack((float[]) array, i * size(shape.length - 2) * size(shape.length - 1));
                }
                packedVersion = version;
            }
        }

        /** Returns the matrix {@code [N,K]}, rounded to bfloat16 for products with its transpose. */
        synchronized TileMatrix tiles() {
            if (tiles.isEmpty()) {
                tiles = Optional.of(TileMatrix.empty(size(0), size(1)));
            }
            return tiles.get();
        }

        /** Brings the form for tiles up to date, as {@link #pack} does the packed one. */
        synchronized void packTiles() {
            if (tilesVersion != version) {
                tiles().pack((float[]) array, 0);
                tilesVersion = version;
            }
        }

        private int size(int axis) {
            return Math.toIntExact(shape[axis]);
        }

        /** Replaces the value by elements of an array of the same type. */
        void set(Object from, int offset) {
            System.arraycopy(from, offset, array, 0, elements);
            changed();
        }

        /** Notes that the elements of {@link #array} have been replaced. */
        void changed() {
            version++;
        }
    }

    VectorVariables(Map<String, Tensor> values) {
        super(values);
        values.forEach((name, value) -> {
            Variable variable = new Variable(value);
            variable.segment().copyFrom(value.data());
            variables.put(name, variable);
        });
    }

    /** Returns these variables as this backend's, or a {@link BackendException} if they are another device's. */
    static VectorVariables of(Variables variables) {
        if (variables instanceof VectorVariables own) {
            return own;
        }
        throw new BackendException(
                "the variables belong to another device: load the program with variables of the device that runs it");
    }

    /** Returns a variable that there is. */
    Variable get(String name) {
        return variables.get(name);
    }

    /** Replaces values at the end of a run with updates, by what cannot fail. */
    void replace(Runnable replacements) {
        commit(replacements);
    }

    @Override
    protected Tensor copy(String name) {
        Variable variable = variables.get(name);
        Object copy = Memory.newArray(variable.dtype, variable.elements);
        System.arraycopy(variable.array, 0, copy, 0, variable.elements);
        return new Tensor(variable.dtype, variable.shape, Memory.all(copy));
    }

    @Override
    protected void replace(String name, Tensor value) {
        Variable variable = variables.get(name);
        variable.segment().copyFrom(value.data());
        variable.changed();
    }
}
