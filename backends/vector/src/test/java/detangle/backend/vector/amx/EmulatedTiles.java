package detangle.backend.vector.amx;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** The unit whose kernels {@link EmulatedProcessor} executes instead of the processor. */
public final class EmulatedTiles {
    private EmulatedTiles() {}

    public static MatrixUnit in(Arena arena) throws ReflectiveOperationException {
        return new EmittedTiles(
                new TileConfigurations(arena),
                handle(TileCode.packing(), TileCode.PACKING),
                handle(TileCode.product(1, 1), TileCode.PRODUCT),
                handle(TileCode.product(1, 2), TileCode.PRODUCT),
                handle(TileCode.product(2, 1), TileCode.PRODUCT),
                handle(TileCode.product(2, 2), TileCode.PRODUCT));
    }

    private static MethodHandle handle(byte[] code, FunctionDescriptor function) throws ReflectiveOperationException {
        MethodType type = function.toMethodType();
        return MethodHandles.lookup()
                .findStatic(
                        EmulatedProcessor.class,
                        "call",
                        MethodType.methodType(void.class, byte[].class, Object[].class))
                .bindTo(code)
                .asCollector(Object[].class, type.parameterCount())
                .asType(type);
    }
}
