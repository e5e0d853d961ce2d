package detangle.conformance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import detangle.ir.DetangleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Who may know whom. The module declarations say most of it; these rules hold on the class path too, and also where a
 * declaration is wider than the intent.
 */
@AnalyzeClasses(packages = "detangle", importOptions = ArchitectureTest.MainClasses.class)
class ArchitectureTest {
    private static final String PEER = "detangle.peer";

    /** Comments, texts and characters of a source. */
    private static final Pattern WITHOUT_MEANING = Pattern.compile(
            "\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\])'|//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);

    /** A class behind its package, whose first part is one of those with which the packages of libraries begin. */
    private static final Pattern QUALIFIED_NAME = Pattern.compile(
            "\\b((?:ai|com|detangle|dev|io|javax?|jdk|org|reactor|scala|tools|uk)(?:\\.[a-z]\\w*)+)\\.[A-Z]\\w*");

    /**
     * What each room may know beside itself and the JDK: other rooms, and packages of libraries. A room is a package
     * with what is below it, up to the next room. A class that is in none of these rooms is refused, and what a row
     * does not name is unknown to it; so a new room needs a row of its own and nothing else here.
     */
    private static final Map<String, List<String>> ROOMS = Map.ofEntries(
            Map.entry("detangle.ir", List.of()),
            Map.entry("detangle.compiler", List.of("detangle.ir", "detangle.backend")),
            Map.entry("detangle.backend", List.of("detangle.ir")),
            Map.entry("detangle.backend.processor", List.of("detangle.ir")),
            Map.entry("detangle.backend.reference", List.of("detangle.ir", "detangle.backend")),
            Map.entry(
                    "detangle.backend.vector",
                    List.of(
                            "detangle.ir",
                            "detangle.backend",
                            "detangle.backend.processor",
                            "jdk.incubator.vector",
                            "com.sun.management")),
            Map.entry(
                    "detangle.backend.tornado",
                    List.of("detangle.ir", "detangle.backend", "tools.jackson", "uk.ac.manchester.tornado")),
            Map.entry("detangle.models", List.of("detangle.ir", "tools.jackson", "org.slf4j")),
            Map.entry("detangle.hub", List.of("detangle.ir", "tools.jackson", "org.slf4j")),
            Map.entry(
                    "detangle.runtime",
                    List.of(
                            "detangle.ir",
                            "detangle.compiler",
                            "detangle.backend",
                            "detangle.models",
                            "tools.jackson",
                            "org.slf4j")),
            Map.entry(
                    "detangle.export",
                    List.of(
                            "detangle.ir",
                            "detangle.compiler",
                            "detangle.models",
                            "detangle.runtime",
                            "detangle.export.gliner",
                            "detangle.export.onnx",
                            "detangle.export.torchscript")),
            // Their labels and words have tokens that the pipeline finds.
            Map.entry(
                    "detangle.export.gliner",
                    List.of(
                            "detangle.ir",
                            "detangle.compiler",
                            "detangle.models",
                            "detangle.pipelines",
                            "detangle.export",
                            "detangle.export.onnx")),
            Map.entry("detangle.export.file", List.of("detangle.ir", "detangle.export")),
            Map.entry(
                    "detangle.export.onnx",
                    List.of(
                            "detangle.ir",
                            "detangle.models",
                            "detangle.export",
                            "detangle.export.file",
                            "com.google.protobuf")),
            Map.entry(
                    "detangle.export.torchscript",
                    List.of("detangle.ir", "detangle.models", "detangle.export", "detangle.export.file")),
            Map.entry(
                    "detangle.train",
                    List.of(
                            "detangle.ir",
                            "detangle.compiler",
                            "detangle.backend",
                            "detangle.backend.processor",
                            "detangle.models",
                            "detangle.runtime",
                            "tools.jackson",
                            "org.slf4j")),
            Map.entry(
                    "detangle.experiment",
                    List.of(
                            "detangle.ir",
                            "detangle.backend",
                            "detangle.models",
                            "detangle.runtime",
                            "detangle.train",
                            "detangle.export",
                            "tools.jackson",
                            "org.slf4j")),
            // What a pipeline does with texts needs no knowledge of how a model is compiled.
            Map.entry(
                    "detangle.pipelines",
                    List.of(
                            "detangle.ir",
                            "detangle.backend",
                            "detangle.backend.processor",
                            "detangle.models",
                            "detangle.runtime",
                            "detangle.hub",
                            "tools.jackson",
                            "org.slf4j")),
            Map.entry(
                    "detangle.server",
                    List.of(
                            "detangle.ir",
                            "detangle.backend",
                            "detangle.backend.processor",
                            "detangle.models",
                            "detangle.runtime",
                            "detangle.pipelines",
                            "io.helidon",
                            "io.micrometer",
                            "io.prometheus",
                            "tools.jackson",
                            "org.slf4j")),
            Map.entry(
                    "detangle.spark",
                    List.of(
                            "detangle.ir",
                            "detangle.models",
                            "detangle.runtime",
                            "detangle.hub",
                            "detangle.train",
                            "detangle.pipelines",
                            "org.apache.spark",
                            "scala",
                            "org.slf4j")),
            // What other libraries take Detangle by knows the pipelines and that library.
            Map.entry("detangle.plug.djl", List.of("detangle.backend", "detangle.pipelines", "ai.djl")),
            Map.entry("detangle.plug.langchain4j", List.of("detangle.pipelines", "dev.langchain4j")),
            Map.entry("detangle.plug.lucene", List.of("detangle.pipelines", "org.apache.lucene")),
            Map.entry(
                    "detangle.plug.springai",
                    List.of("detangle.pipelines", "org.springframework", "reactor.core.publisher")),
            Map.entry(
                    "detangle.plug.springboot",
                    List.of(
                            "detangle.backend",
                            "detangle.hub",
                            "detangle.pipelines",
                            "detangle.plug.springai",
                            "org.springframework")),
            Map.entry("detangle.bench.worker", List.of("detangle.ir")),
            // What tests of several modules share.
            Map.entry("detangle.testing", List.of("detangle.ir", "org.junit.jupiter.api")),
            Map.entry("detangle.testing.models", List.of("detangle.ir", "detangle.models", "tools.jackson")),
            // What Detangle is compared with runs without it.
            Map.entry(PEER, List.of("detangle.ir", "detangle.bench.worker", "ai.onnxruntime", "ai.djl")),
            Map.entry(
                    "detangle.bench",
                    List.of(
                            "detangle.ir",
                            "detangle.compiler",
                            "detangle.backend",
                            "detangle.backend.processor",
                            "detangle.models",
                            "detangle.runtime",
                            "detangle.export",
                            "detangle.pipelines",
                            "detangle.train",
                            "detangle.bench.worker",
                            "tools.jackson",
                            "com.fasterxml.jackson.annotation")),
            Map.entry(
                    "detangle.cli",
                    List.of(
                            "detangle.ir",
                            "detangle.compiler",
                            "detangle.backend",
                            "detangle.backend.processor",
                            "detangle.models",
                            "detangle.runtime",
                            "detangle.hub",
                            "detangle.export",
                            "detangle.pipelines",
                            "detangle.server",
                            "detangle.bench",
                            "detangle.train",
                            "detangle.experiment",
                            "picocli",
                            "tools.jackson",
                            "org.slf4j",
                            "de.siegmar.fastcsv",
                            "dev.hardwood",
                            "com.github.luben.zstd",
                            "me.tongfei.progressbar")));

    /** The longest prefix of a package that is in a list. */
    private static Optional<String> prefix(Iterable<String> prefixes, String packageName) {
        String longest = "";
        for (String prefix : prefixes) {
            boolean holds = packageName.equals(prefix) || packageName.startsWith(prefix + ".");
            longest = holds && prefix.length() > longest.length() ? prefix : longest;
        }
        return longest.isEmpty() ? Optional.empty() : Optional.of(longest);
    }

    private static boolean isKnown(String room, String packageName) {
        Optional<String> other = prefix(ROOMS.keySet(), packageName);
        return packageName.startsWith("java.")
                || (other.isPresent()
                        ? other.get().equals(room) || ROOMS.get(room).contains(other.get())
                        : prefix(ROOMS.get(room), packageName).isPresent() || isOfTheJdk(room, packageName));
    }

    /** Modules of the JDK that a room asks for by name; the Vector API is not among them, as it may be absent. */
    private static boolean isOfTheJdk(String room, String packageName) {
        return packageName.startsWith("javax.") || room.equals("detangle.cli") && packageName.startsWith("jdk.jfr");
    }

    @ArchTest
    static void roomsKnowWhatTheirRowNames(JavaClasses classes) {
        TreeSet<String> violations = new TreeSet<>(Comparator.naturalOrder());
        for (JavaClass type : classes) {
            Optional<String> room = prefix(ROOMS.keySet(), type.getPackageName());
            if (room.isEmpty()) {
                violations.add(type.getPackageName() + " is in no room");
                continue;
            }
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (!target.isPrimitive() && !isKnown(room.get(), target.getPackageName())) {
                    violations.add(type.getName() + " knows " + target.getName());
                }
            }
        }
        assertEquals("", String.join("\n", violations));
    }

    /**
     * Modules of Maven's profiles are not on the class path of this test, so their sources are read. A name of a class
     * behind the name of its package is found in imports and elsewhere.
     */
    @ArchTest
    static void roomsOfProfilesKnowWhatTheirRowNames(JavaClasses classes) throws IOException {
        TreeSet<String> violations = new TreeSet<>(Comparator.naturalOrder());
        List<Path> sources = sourcesOfProfiles();
        assertTrue(sources.size() > 20, sources.toString());
        for (Path source : sources) {
            String text = WITHOUT_MEANING.matcher(Files.readString(source)).replaceAll(" ");
            Matcher packageName = Pattern.compile("package ([\\w.]+);").matcher(text);
            assertTrue(packageName.find(), source.toString());
            Optional<String> room = prefix(ROOMS.keySet(), packageName.group(1));
            if (room.isEmpty()) {
                violations.add(packageName.group(1) + " is in no room");
                continue;
            }
            Matcher name = QUALIFIED_NAME.matcher(text);
            while (name.find()) {
                if (!isKnown(room.get(), name.group(1))) {
                    violations.add(source + " knows " + name.group());
                }
            }
        }
        assertEquals("", String.join("\n", violations));
    }

    private static List<Path> sourcesOfProfiles() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String folder : List.of("spark", "plugs", "backends/tornado", "backends/tornado-library")) {
            try (Stream<Path> files = Files.walk(DetangleProcess.HOME.resolve(folder))) {
                files.filter(file -> file.toString().contains("/src/main/java/"))
                        .filter(file -> file.toString().endsWith(".java"))
                        .filter(file -> !file.endsWith("module-info.java"))
                        .forEach(sources::add);
            }
        }
        return sources;
    }

    /** A name that two classes share is read for the wrong one. Nested classes are read with the class around them. */
    @ArchTest
    static void noTwoClassesShareAName(JavaClasses classes) throws IOException {
        Map<String, TreeSet<String>> byName = new TreeMap<>();
        for (Path source : sourcesOfProfiles()) {
            String path = source.toString();
            String name = path.substring(path.indexOf("/src/main/java/") + "/src/main/java/".length())
                    .replace(".java", "")
                    .replace('/', '.');
            byName.computeIfAbsent(name.substring(name.lastIndexOf('.') + 1), simple -> new TreeSet<>())
                    .add(name);
        }
        byName.remove("package-info");
        for (JavaClass type : classes) {
            boolean isTopLevel =
                    type.getEnclosingClass().isEmpty() && !type.getName().contains("$");
            if (isTopLevel && !type.getSimpleName().endsWith("-info")) {
                byName.computeIfAbsent(type.getSimpleName(), name -> new TreeSet<>())
                        .add(type.getName());
            }
        }
        byName.values().removeIf(types -> types.size() == 1);
        assertEquals("{}", byName.toString());
    }

    /** Options are records, and a {@code with} takes the value itself: {@code withBackend("vector")}. */
    @ArchTest
    static void optionsAreRecordsThatTakePlainValues(JavaClasses classes) {
        TreeSet<String> violations = new TreeSet<>(Comparator.naturalOrder());
        for (JavaClass type : classes) {
            boolean isOfUsers = type.getModifiers().contains(JavaModifier.PUBLIC)
                    && !type.getPackageName().startsWith("detangle.cli");
            if (!isOfUsers || !type.getSimpleName().endsWith("Options")) {
                continue;
            }
            if (!type.isRecord()) {
                violations.add(type.getName() + " is not a record");
            }
            for (JavaMethod method : type.getMethods()) {
                boolean isOptional = method.getRawParameterTypes().stream()
                        .anyMatch(p -> p.getName().startsWith("java.util.Optional"));
                if (method.getName().startsWith("with") && isOptional) {
                    violations.add(method.getFullName());
                }
            }
        }
        assertEquals("", String.join("\n", violations));
    }

    /** So whoever catches the four kinds of {@link DetangleException} catches all. */
    @ArchTest
    static final ArchRule publicExceptionsAreOfOneFamily = classes()
            .that()
            .areAssignableTo(RuntimeException.class)
            .and()
            .arePublic()
            .and()
            .resideOutsideOfPackage(PEER + "..")
            .should()
            .beAssignableTo(DetangleException.class);

    /** Leaves test classes out: those of folders, and those of the modules that tests share. */
    static final class MainClasses implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return new DoNotIncludeTests().includes(location)
                    && !location.contains("-tests.jar")
                    && !location.contains("/detangle/testing/");
        }
    }
}
