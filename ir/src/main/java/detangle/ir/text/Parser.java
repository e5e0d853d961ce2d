package detangle.ir.text;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Location;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.Shape;
import detangle.ir.SizeException;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.RegionTyping;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the text form of a program. Types are taken as declared: whether they are right is for the verifier to say. The
 * data of named constants is not in the text, so the program's constants are empty. Statements that neither an output
 * nor an update needs are read and dropped.
 *
 * <p>A text has bounds, far above the program of any model (the largest has about 5 200 statements in less than a
 * MiB): so neither memory nor the time of what walks programs has to be feared.
 */
public final class Parser {
    /** Characters of the longest text. */
    public static final int MAX_CHARACTERS = 8 * 1024 * 1024;

    /** Arguments and statements of the longest program. */
    private static final int MAX_VALUES = 20_000;

    private static final int MAX_ARGUMENTS = 1_000;
    private static final int MAX_OPERANDS = 1_000;
    private static final int MAX_OUTPUTS = 1_000;
    private static final int MAX_UPDATES = 20_000;
    private static final int MAX_ATTRIBUTES = 100;

    /** Numbers of a dense constant, which is for what a reader wants to see; more are kept beside the text. */
    private static final int MAX_NUMBERS = 65_536;

    /** Numbers of all dense constants. */
    private static final int MAX_NUMBERS_IN_ALL = 1 << 19;

    private final TokenReader in;
    private final Map<String, Node> values = new HashMap<>();
    private final Map<String, Node> parameters = new HashMap<>();
    private int numbers;

    /** Programs repeat a few sizes in all of their types. */
    private final Map<String, Dim> dims = new HashMap<>();

    private Parser(String file, String text) {
        this.in = new TokenReader(new Lexer(file, text));
    }

    /**
     * @param file the name for messages
     * @throws ParseException with line and column; no other exception for any text
     */
    public static Program parse(String file, String text) {
        if (text.length() > MAX_CHARACTERS) {
            throw new ParseException(
                    new Location(file, 1, 1),
                    "the program has " + text.length() + " characters, and no more than " + MAX_CHARACTERS
                            + " are read");
        }
        return new Parser(file, text).program();
    }

    private Program program() {
        in.expectWord("func");
        in.expect("@");
        String name = in.word();
        List<Node> inputs = in.list("(", ")", MAX_ARGUMENTS, this::argument);
        in.expect("->");
        Map<String, TensorType> results = new HashMap<>();
        in.list("(", ")", MAX_OUTPUTS, () -> {
            Location location = in.location();
            String result = in.word();
            in.expect(":");
            if (results.put(result, type()) != null) {
                throw new ParseException(location, "the result " + result + " is declared twice");
            }
            return result;
        });
        in.expect("{");
        List<Update> updates = new ArrayList<>();
        while (!in.isWord("return")) {
            if (in.acceptWord("update")) {
                updates.add(update(updates.size()));
            } else {
                statement();
            }
        }
        in.expectWord("return");
        List<Output> outputs = new ArrayList<>();
        if (!in.is("}")) {
            do {
                outputs.add(output(results));
            } while (in.accept(","));
        }
        if (!results.isEmpty()) {
            throw in.error("the declared result " + results.keySet().iterator().next() + " is not returned");
        }
        in.expect("}");
        in.expectEnd();
        return new Program(name, inputs, outputs, updates, Map.of());
    }

    private Node argument() {
        Location location = in.location();
        String name = in.value();
        in.expect(":");
        TensorType type = type();
        Node node = new Node(new TensorOp.Input(name, type), List.of(), type, name, Optional.of(location));
        define(name, node, location);
        return node;
    }

    private Update update(int before) {
        Location location = in.location();
        String name = in.string();
        Node parameter = parameters.get(name);
        if (parameter == null) {
            throw new ParseException(location, "no parameter " + Printer.quote(name) + " is defined before");
        }
        if (before == MAX_UPDATES) {
            throw new ParseException(location, "the program has more than " + MAX_UPDATES + " updates");
        }
        in.expect("=");
        return new Update(parameter, operand());
    }

    private Output output(Map<String, TensorType> results) {
        Location location = in.location();
        String name = in.word();
        in.expect("=");
        Node node = operand();
        if (!node.type().equals(results.remove(name))) {
            throw new ParseException(location, "the result " + name + " is not declared as " + node.type());
        }
        return new Output(name, node);
    }

    private void define(String name, Node node, Location location) {
        if (values.put(name, node) != null) {
            throw new ParseException(location, "%" + name + " is defined twice");
        }
        if (values.size() > MAX_VALUES) {
            throw new ParseException(
                    location,
                    "the program has more arguments and statements than the " + MAX_VALUES + " that are read");
        }
    }

    private Node operand() {
        Location location = in.location();
        String name = in.value();
        Node node = values.get(name);
        if (node == null) {
            throw new ParseException(location, "%" + name + " is not defined before");
        }
        return node;
    }

    private void statement() {
        Location location = in.location();
        String name = in.value();
        in.expect("=");
        Location opLocation = in.location();
        String mnemonic = in.word();
        Form form = switch (mnemonic) {
            case "param" -> parameter();
            case "constant" -> constant();
            case "elementwise" -> elementwise();
            default -> operation(mnemonic, opLocation);
        };
        in.expect(":");
        TensorType type = type();
        Op op;
        try {
            op = form.op().of(type);
        } catch (AttributeReader.AttributeException e) {
            throw new ParseException(opLocation, e.getMessage() + " in " + mnemonic);
        }
        // Numbers are given by position, so they are not names to keep.
        String hint = name.chars().allMatch(Character::isDigit) ? "" : name;
        Node node = new Node(op, form.operands(), type, hint, Optional.of(location));
        define(name, op instanceof TensorOp.Param parameter ? shared(parameter, node) : node, location);
    }

    /** Statements of one parameter are one node, so that an update can name the parameter. */
    private Node shared(TensorOp.Param parameter, Node node) {
        Node first = parameters.computeIfAbsent(parameter.name(), name -> node);
        return first.op().equals(parameter) ? first : node;
    }

    /** A statement before its type is known. */
    private record Form(List<Node> operands, OpOfType op) {}

    private interface OpOfType {
        Op of(TensorType type);
    }

    private Form parameter() {
        String name = in.string();
        return new Form(List.of(), type -> new TensorOp.Param(name, type));
    }

    private Form constant() {
        if (in.accept("@")) {
            Literal named = new Literal.Named(in.string());
            return new Form(List.of(), type -> new TensorOp.Constant(named, type));
        }
        if (in.acceptWord("dense")) {
            List<WrittenNumber> dense = in.list("<", ">", MAX_NUMBERS, this::denseNumber);
            return new Form(List.of(), type -> new TensorOp.Constant(dense(dense, type.dtype()), type));
        }
        WrittenNumber splat = in.number();
        return new Form(List.of(), type -> new TensorOp.Constant(new Literal.Splat(splat.as(type.dtype())), type));
    }

    private static Literal dense(List<WrittenNumber> numbers, DType dtype) {
        return new Literal.Dense(
                numbers.stream().map(number -> number.as(dtype)).toList());
    }

    private WrittenNumber denseNumber() {
        if (++numbers > MAX_NUMBERS_IN_ALL) {
            throw in.error("dense constants have more than " + MAX_NUMBERS_IN_ALL + " numbers in all");
        }
        return in.number();
    }

    private List<Node> operands() {
        List<Node> operands = new ArrayList<>();
        if (in.isValue()) {
            do {
                if (operands.size() == MAX_OPERANDS) {
                    throw in.error("an operation has more than " + MAX_OPERANDS + " operands");
                }
                operands.add(operand());
            } while (in.accept(","));
        }
        return operands;
    }

    private Form elementwise() {
        List<Node> operands = operands();
        List<DType> dtypes = operands.stream().map(n -> n.type().dtype()).toList();
        Location location = in.location();
        ExpressionParser expressions = new ExpressionParser(in, dtypes);
        List<ScalarExpr> bodies = in.list("{", "}", RegionTyping.MAX_PARTS, expressions::parse);
        if (bodies.isEmpty()) {
            throw new ParseException(location, "a region has at least one expression");
        }
        Region region = new Region(dtypes, bodies, bodies.size() > 1 ? result(bodies.size()) : 0);
        return new Form(operands, type -> new KernelOp.Elementwise(region));
    }

    /** Returns which of several results of a region a statement is. */
    private int result(int results) {
        Location location = in.location();
        String result = attributes().getOrDefault(Printer.RESULT, "");
        if (!result.matches("[0-9]{1,4}") || Integer.parseInt(result) >= results) {
            throw new ParseException(
                    location,
                    "a region of " + results + " expressions needs {" + Printer.RESULT + "=N} with N below " + results);
        }
        return Integer.parseInt(result);
    }

    private Form operation(String mnemonic, Location location) {
        List<Node> operands = operands();
        Map<String, String> attributes = attributes();
        Op blank = OpSyntax.blank(mnemonic)
                .orElseThrow(() -> new ParseException(location, "there is no operation '" + mnemonic + "'"));
        return new Form(operands, type -> AttributeReader.read(blank, attributes, type));
    }

    private Map<String, String> attributes() {
        Map<String, String> attributes = new HashMap<>();
        if (in.is("{")) {
            in.list("{", "}", MAX_ATTRIBUTES, () -> {
                Location location = in.location();
                String name = in.word();
                if (attributes.put(name, in.accept("=") ? in.rawValue() : "") != null) {
                    throw new ParseException(location, "the attribute " + name + " is given twice");
                }
                return name;
            });
        }
        return attributes;
    }

    private TensorType type() {
        Location location = in.location();
        String word = in.word();
        DType dtype =
                dtype(word).orElseThrow(() -> new ParseException(location, "'" + word + "' is not an element type"));
        return new TensorType(dtype, new Shape(in.list("[", "]", Shape.MAX_AXES, this::dim)));
    }

    private Dim dim() {
        Location location = in.location();
        try {
            return dims.computeIfAbsent(in.rawValue(), Dim::parse);
        } catch (SizeException e) {
            throw new ParseException(location, e.getMessage());
        }
    }

    static Optional<DType> dtype(String text) {
        return OpSyntax.named(DType.values(), DType::text, text);
    }
}
