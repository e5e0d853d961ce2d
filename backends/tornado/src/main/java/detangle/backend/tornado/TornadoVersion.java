package detangle.backend.tornado;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Versions of TornadoVM. Detangle's kernels run on the line for JDK 25, from 5.2 on. The lines for JDK 22 and later (6 to
 * 8) look for a kernel's class file as a resource, and read none that is newer than JDK 22: generated kernels have no
 * resource, and all are compiled for JDK 25.
 */
final class TornadoVersion {
    /** The version that is tested and published. */
    static final String NEEDED = "5.2.0-jdk25";

    /** The launcher sets the property to the SDK's version where it leaves the SDK out, as it does not fit. */
    static final String UNFIT = "detangle.tornado.unfit";

    /** The launcher says the same in .mvn/find-tornadovm.sh. */
    private static final Pattern FITTING = Pattern.compile("5\\.([2-9]|\\d\\d)\\..*-jdk25.*");

    private TornadoVersion() {}

    static boolean fits(String version) {
        return FITTING.matcher(version).matches();
    }

    /** Returns the version of a class of TornadoVM's API, by its module or its jar, or nothing where neither tells. */
    static Optional<String> of(Class<?> api) {
        Module module = api.getModule();
        return module.isNamed()
                ? module.getDescriptor().rawVersion()
                : Optional.ofNullable(api.getPackage().getImplementationVersion());
    }

    /** Returns why a version cannot be used. */
    static String fault(String version) {
        return "TornadoVM " + version + " cannot run Detangle's kernels";
    }
}
