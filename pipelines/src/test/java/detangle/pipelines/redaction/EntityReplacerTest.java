package detangle.pipelines.redaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Entity;
import detangle.pipelines.PipelineException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands in the place of entities, whatever a model says of a text. */
class EntityReplacerTest {
    private static final String TEXT = "Ada Lovelace met Charles in London; Ada Lovelace wrote.";
    private static final HashKey KEY = HashKey.of("a key", "0123456789abcdef".getBytes(StandardCharsets.UTF_8));
    private static final OperatorOptions OPTIONS = OperatorOptions.DEFAULT.withKey(KEY);

    @TempDir
    private Path folder;

    private static Entity entity(String text, String label, double score, int start, int end) {
        return new Entity(label, score, text.substring(start, end), start, end);
    }

    private static Entity entity(String text, String label, String part) {
        int start = text.indexOf(part);
        return entity(text, label, 0.9, start, start + part.length());
    }

    private static List<Entity> all() {
        return List.of(
                entity(TEXT, "credit card", "Charles"),
                entity(TEXT, "person", 0.8, 36, 48),
                entity(TEXT, "person", 0.9, 0, 12),
                entity(TEXT, "city", "London"));
    }

    private static String redacted(OperatorKind kind) {
        return new EntityReplacer(RedactionPolicy.of(OPTIONS.operator(kind)))
                .replace(TEXT, all())
                .text();
    }

    @Test
    void eachOperatorLeavesWhatItSays() {
        assertEquals("[PERSON] met [CREDIT_CARD] in [CITY]; [PERSON] wrote.", redacted(OperatorKind.REPLACE));
        assertEquals("[PERSON_1] met [CREDIT_CARD_1] in [CITY_1]; [PERSON_1] wrote.", redacted(OperatorKind.NUMBER));
        assertEquals("************ met ******* in ******; ************ wrote.", redacted(OperatorKind.MASK));
        assertEquals(" met  in ;  wrote.", redacted(OperatorKind.REDACT));
        assertEquals(TEXT, redacted(OperatorKind.KEEP));
        // HMAC-SHA-256 of Python's hmac module.
        assertEquals(
                "[PERSON_%1$s] met [CREDIT_CARD_%2$s] in [CITY_%3$s]; [PERSON_%1$s] wrote."
                        .formatted("a9a6b5391a9c2dac", "3c39057af081d33d", "45decf0860fcde91"),
                redacted(OperatorKind.HASH));
    }

    @Test
    void aPartTellsWhereItWasAndWhereItIs() {
        Redaction redaction = new EntityReplacer(RedactionPolicy.DEFAULT).replace(TEXT, all());
        assertEquals(4, redaction.parts().size());
        for (ReplacedPart part : redaction.parts()) {
            assertEquals(part.replacement(), redaction.text().substring(part.newStart(), part.newEnd()));
        }
        ReplacedPart city = redaction.parts().get(2);
        assertEquals("London", TEXT.substring(city.start(), city.end()));
        assertEquals(new ReplacedPart("city", 0.9, 28, 34, "[CITY]", city.newStart()), city);
        RedactionCounts counts = new RedactionCounts();
        counts.add(redaction);
        counts.add(new Redaction("", List.of()));
        assertEquals(2, counts.texts());
        assertEquals(1, counts.changed());
        assertEquals(4, counts.parts());
        assertEquals(Map.of("person", 2, "city", 1, "credit card", 1), counts.byLabel());
    }

    @Test
    void numbersBeginAnewInEachTextUnlessTheyAreOfTheRun() {
        EntityReplacer ofText = new EntityReplacer(RedactionPolicy.of(new RedactionOperator.Number()));
        EntityReplacer ofRun = new EntityReplacer(
                RedactionPolicy.of(new RedactionOperator.Number()).withCounters(CounterScope.RUN));
        String other = "Grace wrote to Ada Lovelace.";
        List<Entity> found = List.of(entity(other, "person", "Grace"), entity(other, "person", "Ada Lovelace"));
        for (EntityReplacer replacer : List.of(ofText, ofRun)) {
            replacer.replace(TEXT, all());
        }
        assertEquals(
                "[PERSON_1] wrote to [PERSON_2].", ofText.replace(other, found).text());
        assertEquals(
                "[PERSON_2] wrote to [PERSON_1].", ofRun.replace(other, found).text());
        // Two labels of one name share its numbers, as [CREDIT_CARD_1] is one thing.
        assertEquals(
                "[PERSON_1] wrote to [PERSON_2].",
                ofText.replace(
                                other,
                                List.of(entity(other, "Person", "Grace"), entity(other, "person", "Ada Lovelace")))
                        .text());
    }

    @Test
    void aKindMayHaveAnOperatorOfItsOwn() {
        RedactionPolicy policy = RedactionPolicy.of(
                OperatorKind.MASK,
                List.of("city = keep", "credit card=NUMBER"),
                CounterScope.TEXT,
                OPTIONS.withMaskingChar("\ud83d\ude00"));
        assertEquals(
                "%1$s met [CREDIT_CARD_1] in London; %1$s wrote.".formatted("\ud83d\ude00".repeat(12)),
                new EntityReplacer(policy).replace(TEXT, all()).text());
        // What is kept is covered where something overlaps with it that is not.
        List<Entity> overlapping = List.of(entity(TEXT, "city", "London"), entity(TEXT, "person", "in London"));
        assertEquals(
                TEXT.replace("in London", "*".repeat(9)),
                new EntityReplacer(
                                RedactionPolicy.of(OperatorKind.MASK, List.of("city=keep"), CounterScope.TEXT, OPTIONS))
                        .replace(TEXT, overlapping)
                        .text());
        for (String wrong : List.of("city", "city=hide", "=mask", "city=")) {
            String message = assertThrows(
                            PipelineException.class,
                            () -> RedactionPolicy.of(OperatorKind.MASK, List.of(wrong), CounterScope.TEXT, OPTIONS))
                    .getMessage();
            assertTrue(message.startsWith("'" + wrong + "' is not a label and an operator"), message);
        }
    }

    @Test
    void overlappingEntitiesAreOnePartOfTheKindOfTheLongest() {
        String text = "the University of London in Rome";
        Redaction redaction = new EntityReplacer(RedactionPolicy.DEFAULT)
                .replace(
                        text,
                        List.of(
                                entity(text, "city", 0.99, 18, 24),
                                entity(text, "school", 0.6, 4, 24),
                                entity(text, "place", 0.7, 18, 32)));
        assertEquals("the [SCHOOL]", redaction.text());
        assertEquals(0.6, redaction.parts().getFirst().score());
        assertEquals(32, redaction.parts().getFirst().end());
        // Of equally long ones the surest; neighbours that share no character stay two.
        assertEquals(
                "the [B][C] London in Rome",
                new EntityReplacer(RedactionPolicy.DEFAULT)
                        .replace(
                                text,
                                List.of(
                                        entity(text, "a", 0.5, 4, 14),
                                        entity(text, "b", 0.6, 4, 14),
                                        entity(text, "c", 0.6, 14, 17)))
                        .text());
    }

    /** Any spans over any text: nothing that one of them covers is left, all else is, and a mask keeps the length. */
    @Test
    void nothingThatIsCoveredIsLeft() {
        Random random = new Random(7);
        String[] letters = {"a", "b", "\u00e9", "e\u0301", "\ud83d\ude00", " ", "\u05d0", "\r\n", "\u0915\u094d\u0937"};
        for (int round = 0; round < 500; round++) {
            StringBuilder made = new StringBuilder();
            for (int i = random.nextInt(30); i >= 0; i--) {
                made.append(letters[random.nextInt(letters.length)]);
            }
            String text = made.toString();
            List<Entity> found = new ArrayList<>();
            boolean[] covered = new boolean[text.length()];
            for (int i = random.nextInt(5); i > 0; i--) {
                int start = random.nextInt(text.length() + 1);
                int end = start + random.nextInt(text.length() + 1 - start);
                found.add(entity(text, "k" + random.nextInt(3), random.nextDouble(), start, end));
                for (int at = start; at < end; at++) {
                    covered[at] = true;
                }
            }
            Redaction masked =
                    new EntityReplacer(RedactionPolicy.of(OPTIONS.operator(OperatorKind.MASK))).replace(text, found);
            int[] before = text.codePoints().toArray();
            int[] after = masked.text().codePoints().toArray();
            assertEquals(before.length, after.length);
            int at = 0;
            for (int i = 0; i < before.length; i++) {
                boolean any = covered[at] || Character.charCount(before[i]) == 2 && covered[at + 1];
                assertTrue(!any || after[i] == '*', text + found);
                assertTrue(after[i] == '*' || after[i] == before[i], text + found);
                at += Character.charCount(before[i]);
            }
            // What is not replaced is the same, and in the same order.
            StringBuilder rest = new StringBuilder(masked.text());
            for (ReplacedPart part : masked.parts().reversed()) {
                rest.replace(part.newStart(), part.newEnd(), text.substring(part.start(), part.end()));
            }
            assertEquals(text, rest.toString());
            if (masked.parts().isEmpty()) {
                assertEquals(text, masked.text());
            }
        }
    }

    @Test
    void aMarkDoesNotStayBehindItsLetter() {
        String text = "Zoe\u0308 lives";
        assertEquals(
                "[PERSON] lives",
                new EntityReplacer(RedactionPolicy.DEFAULT)
                        .replace(text, List.of(entity(text, "person", 1, 0, 3)))
                        .text());
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> new EntityReplacer(RedactionPolicy.DEFAULT)
                        .replace("Ada", List.of(new Entity("person", 1, "Ada", 1, 4))));
    }

    @Test
    void kindsHaveNames() {
        assertEquals("CREDIT_CARD_NUMBER", EntityReplacer.kind("credit card-number"));
        assertEquals("STRASSE", EntityReplacer.kind("stra\u00dfe"));
        assertEquals("\u4eba", EntityReplacer.kind("\u4eba"));
        assertEquals("ENTITY", EntityReplacer.kind("?!"));
        assertEquals(
                "<PERSON> met <CREDIT_CARD> in X; <PERSON> wrote.",
                new EntityReplacer(RedactionPolicy.of(
                                        OPTIONS.withNewValue("<{label}>").operator(OperatorKind.REPLACE))
                                .with("city", new RedactionOperator.Replace("X")))
                        .replace(TEXT, all())
                        .text());
    }

    @Test
    void aKeyIsASecretOfEnoughBytes() throws Exception {
        Path file = Files.writeString(folder.resolve("key"), "0123456789abcdef\r\n");
        assertEquals(KEY.hash("Ada", 64), HashKey.read(file).hash("Ada", 64));
        assertNotEquals(
                KEY.hash("Ada", 64),
                HashKey.of("another", "0123456789abcdeF".getBytes(StandardCharsets.UTF_8))
                        .hash("Ada", 64));
        assertFalse(KEY.toString().contains("0123"));
        Files.writeString(file, "short\n");
        assertEquals(
                file + " holds 5 bytes, and a key has 16 to 4096: make one with openssl rand -hex 32",
                assertThrows(PipelineException.class, () -> HashKey.read(file)).getMessage());
        Files.write(file, new byte[5000]);
        assertThrows(PipelineException.class, () -> HashKey.read(file));
        assertThrows(PipelineException.class, () -> HashKey.read(folder));
        PipelineException none =
                assertThrows(PipelineException.class, () -> OperatorOptions.DEFAULT.operator(OperatorKind.HASH));
        assertTrue(none.getMessage().startsWith("hashes need a key"), none.getMessage());
        assertThrows(PipelineException.class, () -> new RedactionOperator.Hash(KEY, 7));
        for (String mask : List.of("", "**", "\n", " ", "\u0301", "\ud83d")) {
            assertThrows(PipelineException.class, () -> new RedactionOperator.Mask(mask));
        }
    }

    /** Spark sends policies to executors. */
    @Test
    void aPolicyIsSerialized() throws IOException, ClassNotFoundException {
        RedactionPolicy policy = RedactionPolicy.of(OPTIONS.operator(OperatorKind.HASH))
                .with("city", OPTIONS.operator(OperatorKind.KEEP));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(policy);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            RedactionPolicy read = (RedactionPolicy) in.readObject();
            assertEquals(
                    new EntityReplacer(policy).replace(TEXT, all()), new EntityReplacer(read).replace(TEXT, all()));
        }
        assertSame(RedactionPolicy.DEFAULT.standard(), RedactionPolicy.DEFAULT.operator("anything"));
    }
}
