package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the build takes from others is locked, and what the zip holds of it is named in the notices and listed in the bill
 * of materials.
 */
class SupplyChainTest {
    private static final Path LOCK = DetangleProcess.HOME.resolve(".mvn/checksums/checksums.sha256");

    /** An artifact in a POM with its version, which may be that of a property. */
    private static final Pattern ARTIFACT = Pattern.compile(
            "<groupId>([^<]+)</groupId>\\s*<artifactId>([^<]+)</artifactId>\\s*<version>([^<]+)</version>");

    private static final Pattern VERSION = Pattern.compile("<([a-z0-9.-]+\\.version)>([^<]+)</");
    private static final Pattern PROPERTY = Pattern.compile("\\$\\{([^}]+)}");

    /** This project, a user's own build of TornadoVM, and the project that a test builds. */
    private static final Set<String> NOT_LOCKED = Set.of("io.github.detangle", "io.github.beehive-lab", "example");

    /** The SHA-256 of each jar in the zip that another project has made, by file name. */
    private static final Map<String, String> JARS = new TreeMap<>();

    private static JsonNode bill;
    private static String notices;

    @BeforeAll
    static void readTheZip() throws IOException, NoSuchAlgorithmException {
        try (ZipFile zip = new ZipFile(System.getProperty("detangle.distribution"))) {
            for (ZipEntry entry : zip.stream().toList()) {
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                try (InputStream in = zip.getInputStream(entry)) {
                    if (name.endsWith(".jar") && !name.startsWith("detangle-")) {
                        byte[] digest = MessageDigest.getInstance("SHA-256").digest(in.readAllBytes());
                        JARS.put(name, HexFormat.of().formatHex(digest));
                    } else if (name.equals("bom.json")) {
                        bill = new JsonMapper().readTree(in);
                    } else if (name.equals("THIRD-PARTY.txt")) {
                        notices = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                    }
                }
            }
        }
        assertTrue(JARS.size() > 20, JARS.toString());
    }

    private static Set<String> missing(Predicate<Map.Entry<String, String>> isListed) {
        return JARS.entrySet().stream()
                .filter(isListed.negate())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyJarHasItsChecksumInTheRepository() throws IOException {
        try (Stream<String> lines = Files.lines(LOCK)) {
            Set<String> locked = lines.map(
                            line -> line.substring(0, 64) + " " + line.substring(line.lastIndexOf('/') + 1))
                    .collect(Collectors.toSet());
            assertEquals(
                    Set.of(),
                    missing(jar -> locked.contains(jar.getValue() + " " + jar.getKey())),
                    LOCK + " does not list them, or lists another checksum: run .ci/lock");
        }
    }

    /** Also those of modules that only a profile builds. */
    @Test
    void everyVersionThatAPomStatesIsLocked() throws IOException {
        List<String> poms = new ArrayList<>();
        // Modules lie in the root or in a folder of it.
        try (Stream<Path> files = Files.find(DetangleProcess.HOME, 3, (file, _) -> file.endsWith("pom.xml"))) {
            for (Path file : files.toList()) {
                poms.add(Files.readString(file));
            }
        }
        Map<String, String> versions = new HashMap<>();
        poms.forEach(pom ->
                VERSION.matcher(pom).results().forEach(property -> versions.put(property.group(1), property.group(2))));
        Set<String> stated = poms.stream()
                .flatMap(pom -> ARTIFACT.matcher(pom).results())
                .filter(artifact -> !NOT_LOCKED.contains(artifact.group(1)))
                .map(artifact -> artifact.group(1).replace('.', '/') + "/" + artifact.group(2) + "/"
                        + PROPERTY.matcher(artifact.group(3)).replaceAll(name -> versions.get(name.group(1))) + "/")
                .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(stated.size() > 40, stated.toString());
        List<String> locked;
        try (Stream<String> lines = Files.lines(LOCK)) {
            locked = lines.map(line -> line.substring(66)).toList();
        }
        stated.removeIf(artifact -> locked.stream().anyMatch(file -> file.startsWith(artifact)));
        assertEquals(Set.of(), stated, LOCK + " does not have them: run .ci/lock");
    }

    @Test
    void theBillOfMaterialsListsEveryJar() {
        assertEquals("CycloneDX", bill.path("bomFormat").asString());
        Set<String> listed = bill.path("components")
                .valueStream()
                .flatMap(component -> component.path("hashes").valueStream())
                .filter(hash -> hash.path("alg").asString().equals("SHA-256"))
                .map(hash -> hash.path("content").asString())
                .collect(Collectors.toSet());
        assertEquals(Set.of(), missing(jar -> listed.contains(jar.getValue())));
    }

    /** Each line names a licence, a project and its artifact: {@code (MIT) SLF4J API (org.slf4j:slf4j-api:2.0.17 - URL)}. */
    @Test
    void theNoticesNameEveryJar() {
        assertEquals(Set.of(), missing(jar -> notices.lines().anyMatch(line -> names(line, jar.getKey()))));
        assertTrue(!notices.contains("Unknown license"), notices);
    }

    private static boolean names(String line, String jar) {
        String[] parts = line.replaceFirst(".*\\((\\S+:\\S+:\\S+) - .*", "$1").split(":");
        return line.strip().startsWith("(") && parts.length >= 3 && jar.equals(parts[1] + "-" + parts[2] + ".jar");
    }
}
