package detangle.backend.vector.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Finds out why a JVM does not turn operations of the Vector API into instructions of the processor. HotSpot's
 * compiler C2 does that; where it does not run, each vector is an object, and every kernel takes some hundred times as
 * long.
 */
final class VectorCompilation {
    private static final System.Logger LOG = System.getLogger("detangle.backend.vector");

    /**
     * The property of a process whose launcher has switched C2 off, as it has one answer to give. The process is to
     * compute by loops over floats, and there is nothing to tell.
     */
    private static final String ONCE = "detangle.once";

    private static final AtomicBoolean TOLD = new AtomicBoolean();

    private VectorCompilation() {}

    /**
     * Returns whether the JVM itself says that it runs without C2. Its options say more, but to ask for them takes a
     * part of the first second.
     */
    static boolean isSurelyMissing() {
        return isWithoutC2(System.getProperty("java.vm.info", ""));
    }

    /** Logs, once a process, why kernels are slow if the JVM is the reason, and returns whether it is. */
    static boolean warn() {
        if (Boolean.getBoolean(ONCE) && isSurelyMissing()) {
            return true;
        }
        Optional<String> fault = ofThisJvm();
        if (fault.isPresent() && TOLD.compareAndSet(false, true)) {
            LOG.log(System.Logger.Level.WARNING, "the CPU's kernels are slow on this JVM: " + fault.get());
        }
        return fault.isPresent();
    }

    static Optional<String> ofThisJvm() {
        return fault(
                System.getProperty("java.vm.name", ""),
                System.getProperty("java.vm.info", ""),
                VectorCompilation::hotSpotOption);
    }

    /**
     * Returns why vectors are objects in a JVM, and what to do about it; empty where nothing says so.
     *
     * @param name the JVM's {@code java.vm.name}
     * @param mode its {@code java.vm.info}
     * @param options values of HotSpot's options; empty for those that cannot be asked for, which are at their defaults
     */
    static Optional<String> fault(String name, String mode, Function<String, Optional<String>> options) {
        if (is(options, "UseCompiler", "false")) {
            return Optional.of("it compiles nothing; start java without -Xint and -XX:-UseCompiler");
        }
        if (is(options, "UseJVMCICompiler", "true")) {
            return Optional.of("its compiler is not C2, the only one that compiles vectors well; start java with"
                    + " -XX:-UseJVMCICompiler");
        }
        Optional<String> level = options.apply("TieredStopAtLevel").filter(l -> !l.equals("4"));
        if (level.isPresent() && is(options, "TieredCompilation", "true")) {
            return Optional.of("its compiler C2 does not run; start java without -XX:TieredStopAtLevel=" + level.get());
        }
        if (is(options, "CompilationMode", "quick-only")) {
            return Optional.of("its compiler C2 does not run; start java without -XX:CompilationMode=quick-only");
        }
        if (isWithoutC2(mode)) {
            return Optional.of("it has no compiler C2; start a JDK that has a Server VM, such as Temurin");
        }
        if (is(options, "EnableVectorSupport", "false")) {
            return Optional.of("its support of vectors is switched off; start java without -XX:-EnableVectorSupport");
        }
        if (!name.contains("OpenJDK") && !name.contains("HotSpot")) {
            return Optional.of(name + " is not HotSpot, whose compiler C2 turns vectors into instructions;"
                    + " start a JDK with HotSpot, such as Temurin");
        }
        return Optional.empty();
    }

    private static boolean isWithoutC2(String mode) {
        return mode.contains("interpreted") || mode.contains("emulated-client");
    }

    private static boolean is(Function<String, Optional<String>> options, String option, String value) {
        return options.apply(option).filter(value::equals).isPresent();
    }

    private static Optional<String> hotSpotOption(String option) {
        try {
            HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return Optional.of(bean.getVMOption(option).getValue());
        } catch (IllegalArgumentException | LinkageError e) {
            // The JVM is not HotSpot, does not tell of the option, or has no module jdk.management.
            return Optional.empty();
        }
    }
}
