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
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the zip holds of others is locked, named in its notices and listed in its bill of materials. */
class SupplyChainTest {
    private static final Path LOCK = DetangleProcess.HOME.resolve(".mvn/checksums/checksums.sha256");

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
                    LOCK + " lists them not, or with another checksum: run .ci/lock");
        }
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
