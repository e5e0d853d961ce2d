package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Texts with marks can be read back, whatever they and their labels hold. */
class AnnotatedTextTest {
    private static Entity entity(String text, String label, int start, int end) {
        return new Entity(label, 1, text.substring(start, end), start, end);
    }

    @Test
    void entitiesAreMarked() {
        String text = "Ada studied at University of London.";
        assertEquals(
                "[Ada](person) studied at [University of [London](city)](school).",
                AnnotatedText.of(
                        text,
                        List.of(
                                entity(text, "city", 29, 35),
                                entity(text, "school", 15, 35),
                                entity(text, "person", 0, 3))));
        assertEquals(
                "[[Ada](author)](person) studied at University of London.",
                AnnotatedText.of(text, List.of(entity(text, "person", 0, 3), entity(text, "author", 0, 3))));
        // Neither holds the other.
        assertEquals(
                "[Ada [studied](b)](a)[ at](b) University of London.",
                AnnotatedText.of(text, List.of(entity(text, "b", 4, 14), entity(text, "a", 0, 11))));
        assertEquals(text, AnnotatedText.of(text, List.of(entity(text, "none", 4, 4))));
        assertEquals("", AnnotatedText.of("", List.of()));
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> AnnotatedText.of("Ada", List.of(new Entity("person", 1, "", 1, 5))));
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> AnnotatedText.of("Ada", List.of(new Entity("person", 1, "", 7, 9))));
    }

    @Test
    void whatCollidesIsEscaped() {
        String text = "see [a](b) \\ (c)";
        assertEquals(
                "see [\\[a\\]](x \\(y\\) \\\\)(b) \\\\ (c)",
                AnnotatedText.of(text, List.of(entity(text, "x (y) \\", 4, 7))));
    }

    /** Reads the text back, and checks that each of its characters has the labels of the entities that cover it. */
    @Test
    void textAndLabelsCanBeReadBack() {
        Random random = new Random(3);
        String letters = "ab[]()\\ \n\u00e9";
        for (int round = 0; round < 500; round++) {
            StringBuilder made = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                made.append(letters.charAt(random.nextInt(letters.length())));
            }
            String text = made.toString();
            List<Entity> entities = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                int start = random.nextInt(text.length());
                int end = start + 1 + random.nextInt(text.length() - start);
                entities.add(entity(text, List.of("k(1)", "k\\", "k]", "[k").get(random.nextInt(4)), start, end));
            }
            String marked = AnnotatedText.of(text, entities);
            StringBuilder read = new StringBuilder();
            List<List<String>> labels = new ArrayList<>();
            read(marked, read, labels);
            assertEquals(text, read.toString(), marked);
            for (int at = 0; at < text.length(); at++) {
                int place = at;
                assertEquals(
                        entities.stream()
                                .filter(e -> e.start() <= place && place < e.end())
                                .map(Entity::entity)
                                .sorted()
                                .toList(),
                        labels.get(at).stream().sorted().toList(),
                        marked);
            }
        }
    }

    private static void read(String marked, StringBuilder text, List<List<String>> labels) {
        List<Integer> open = new ArrayList<>();
        int at = 0;
        while (at < marked.length()) {
            char c = marked.charAt(at++);
            switch (c) {
                case '[' -> open.add(text.length());
                case ']' -> {
                    StringBuilder label = new StringBuilder();
                    assertEquals('(', marked.charAt(at++));
                    while (marked.charAt(at) != ')') {
                        at += marked.charAt(at) == '\\' ? 1 : 0;
                        label.append(marked.charAt(at++));
                    }
                    at++;
                    for (int i = open.removeLast(); i < text.length(); i++) {
                        labels.get(i).add(label.toString());
                    }
                }
                default -> {
                    text.append(c == '\\' ? marked.charAt(at++) : c);
                    labels.add(new ArrayList<>());
                }
            }
        }
    }
}
