package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.text.Parser;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each level refuses programs that hold what it does not; docs/IR.md has the table of what each level holds. */
class LevelTest {
    /** A statement, and the levels that do not hold it. */
    private static final String STATEMENTS = """
            reshape %x : f32[8] |
            dot %m, %m {rhs_t} : f32[8,8] |
            neg %x : f32[8] | compiled, placed, stored
            add %x, %x : f32[8] | compiled, placed, stored
            lt %x, %x : i1[8] | compiled, placed, stored
            select %c, %x, %x : f32[8] | compiled, placed, stored
            convert %x : f16[8] | compiled, placed, stored
            convert %s : f32[8] |
            param "w" : f32[8] | exported, stored
            random_uniform %k {stream=0} : f32[8] | exported
            transfer %x {to=device} : f32[8] | model, passes, compiled, exported, stored
            elementwise %x {neg(a0)} : f32[8] | model
            linear %x, %m {act=none} : f32[8] | model
            masked_softmax %x, %c : f32[8] | model
            """;

    private static Program program(String type, String statements) {
        return Parser.parse("t.dtir", """
                func @f(%x: f32[8], %m: f32[8,8], %c: i1[8], %k: i64[]) -> (y: TYPE) {
                  %s = constant @"s" : f16[8]
                STATEMENTS  return y = %y
                }
                """.replace("TYPE", type).replace("STATEMENTS", statements));
    }

    @Test
    void everyLevelRefusesWhatItsTableLacks() {
        Set<Level> broken = new TreeSet<>();
        for (String line : STATEMENTS.lines().toList()) {
            String[] parts = line.split(" \\|");
            String type = parts[0].substring(parts[0].lastIndexOf(" : ") + 3);
            Program program = program(type, "  %y = " + parts[0] + "\n");
            assertEquals(List.of(), Verifier.verify(program), line);
            Set<Level> refusing = Arrays.stream(Level.values())
                    .filter(level -> !level.verify(program).isEmpty())
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<Level> expected = Arrays.stream(parts.length < 2 ? new String[0] : parts[1].split(","))
                    .map(name -> Level.valueOf(name.strip().toUpperCase(Locale.ROOT)))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(expected, refusing, line);
            broken.addAll(refusing);
        }
        assertEquals(Set.of(Level.values()), broken);
    }

    @Test
    void whatIsExportedOrStoredUpdatesNothing() {
        Program program = Parser.parse("t.dtir", """
                func @f(%x: f32[8]) -> () {
                  %w = param "w" : f32[8]
                  update "w" = %x
                  return
                }
                """);
        Level.COMPILED.check(program);
        for (Level level : List.of(Level.EXPORTED, Level.STORED)) {
            List<String> updates = level.verify(program).stream()
                    .map(Diagnostic::message)
                    .filter(message -> message.startsWith("%w is updated"))
                    .toList();
            assertEquals(1, updates.size(), level.toString());
        }
    }

    @Test
    void theErrorIsOneLineThatNamesTheNodeAndTheLevel() {
        IrException e = assertThrows(
                IrException.class,
                () -> Verifier.check(program("f32[8]", "  %y = transfer %x {to=host} : f32[8]\n"), Level.PASSES));
        assertEquals(
                "t.dtir:3:3: error [level_passes]: %y is transfer(f32[8]) : f32[8], but passes take programs that are not"
                        + " placed, without transfers",
                e.getMessage());
    }
}
