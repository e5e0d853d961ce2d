package detangle.backend.vector.amx;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Functions of the C library, with the errors that they leave. */
final class SystemCalls {
    private static final String ERRNO_NAME = "errno";
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement(ERRNO_NAME));

    private static final long ARCH_PRCTL = 158;
    private static final long ASK_FOR_FEATURE = 0x1023;
    private static final long TILE_DATA = 18;

    private SystemCalls() {}

    /** Room for the error of a call. */
    static final class Errors implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment state = arena.allocate(STATE);

        MemorySegment state() {
            return state;
        }

        /** Returns the error of the last call for people. */
        String text() {
            int number = (int) ERRNO.get(state, 0L);
            return switch (number) {
                case 1 -> "EPERM (not permitted)";
                case 12 -> "ENOMEM (no memory)";
                case 13 -> "EACCES (access denied)";
                case 22 -> "EINVAL (unknown to this kernel)";
                case 38 -> "ENOSYS (no such call)";
                default -> "error " + number;
            };
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    /** Returns a function of the C library, which takes the state of {@link Errors} before its own arguments. */
    @SuppressWarnings("restricted")
    static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        Linker.Option[] all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState(ERRNO_NAME);
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, all);
    }

    /**
     * Asks Linux to let all threads of this process use tiles, those that begin later included, since their state is
     * larger than what the kernel saves otherwise.
     *
     * @return the error for people; empty if it does
     */
    static String permitTiles() {
        MethodHandle syscall = function(
                "syscall",
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
        try (Errors errors = new Errors()) {
            long answer = (long) syscall.invokeExact(errors.state(), ARCH_PRCTL, ASK_FOR_FEATURE, TILE_DATA);
            return answer == 0 ? "" : errors.text();
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** C functions throw nothing; a call of one may. */
    static RuntimeException failure(Throwable e) {
        return switch (e) {
            case RuntimeException known -> known;
            case Error known -> throw known;
            default -> new IllegalStateException(e);
        };
    }
}
