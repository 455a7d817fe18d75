/* The two hottest loops of the engine, in C: recording an operator, and walking back.

Both stand in Python as well (`recorded.forward` and its neighbours, `calls.record`,
`backward.walk_in_python`, `Tape.protect`), and those are the definition. What is here does the
common case and leaves every other to the Python code: an installation without a C compiler only
loses speed (docs/decisions/compiled-core.md has the figures).

Names are those of the Python code: an entry of the tape is the tuple
(primitive, indices, values, kwargs, output, code, instruction). */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>

/* What `bind` tells: the classes, and where their slots lie. */

static PyTypeObject *Recorded, *DeviceArray;
static Py_ssize_t VALUE, INDEX, TAPE;    /* slots of Recorded */
static Py_ssize_t FUNCTION, RULES, JOINT, SAVED, STACKS; /* slots of Primitive */
static Py_ssize_t PROTECTED;             /* a slot of Tape */
static PyObject *unpacked;               /* records the results of a call that has several */
static PyObject *no_keywords, *constant; /* {} and -1 */
static PyObject *add_up, *axis_0;        /* np.add.reduce and 0 */
static PyObject *protect_name, *release_name;
static PyObject *operators_file; /* where NumPy's mixin of operators is: not who asks for a step */

#define SLOT(object, offset) (*(PyObject **)((char *)(object) + (offset)))

static Py_ssize_t
slot_offset(PyTypeObject *type, const char *name)
{
    PyObject *member = PyObject_GetAttrString((PyObject *)type, name);
    if (member == NULL)
        return -1;
    Py_ssize_t offset = -1;
    if (Py_IS_TYPE(member, &PyMemberDescr_Type))
        offset = ((PyMemberDescrObject *)member)->d_member->offset;
    else
        PyErr_Format(PyExc_TypeError, "%s.%s is not a slot", type->tp_name, name);
    Py_DECREF(member);
    return offset;
}

static PyObject *
bind(PyObject *module, PyObject *args)
{
    PyTypeObject *recorded, *primitive, *tape, *device;
    PyObject *several, *file;
    if (!PyArg_ParseTuple(args, "O!O!O!O!OU", &PyType_Type, &recorded, &PyType_Type, &primitive,
                          &PyType_Type, &tape, &PyType_Type, &device, &several, &file))
        return NULL;
    if ((VALUE = slot_offset(recorded, "value")) < 0 ||
        (INDEX = slot_offset(recorded, "index")) < 0 ||
        (TAPE = slot_offset(recorded, "tape")) < 0 ||
        (FUNCTION = slot_offset(primitive, "function")) < 0 ||
        (RULES = slot_offset(primitive, "rules")) < 0 ||
        (JOINT = slot_offset(primitive, "joint")) < 0 ||
        (SAVED = slot_offset(primitive, "saved")) < 0 ||
        (STACKS = slot_offset(primitive, "stacks")) < 0 ||
        (PROTECTED = slot_offset(tape, "protected")) < 0)
        return NULL;
    unpacked = Py_NewRef(several);
    operators_file = Py_NewRef(file);
    DeviceArray = (PyTypeObject *)Py_NewRef(device);
    Recorded = (PyTypeObject *)Py_NewRef(recorded);
    Py_RETURN_NONE;
}

/* Protecting arrays: as Tape.protect and Tape.release. */

/* Whether it is an array of a device; of what is built in one look at a flag tells. */
static int
is_device_array(PyObject *value)
{
    return PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_HEAPTYPE) && DeviceArray != NULL &&
           PyObject_TypeCheck(value, DeviceArray);
}

/* array.name(protected) */
static int
tell_device_array(PyObject *array, PyObject *name, PyObject *protected)
{
    PyObject *done = PyObject_CallMethodOneArg(array, name, protected);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
protect_array(PyObject *protected, PyObject *array)
{
    if (array != NULL && is_device_array(array))
        return tell_device_array(array, protect_name, protected);
    while (array != NULL && PyArray_CheckExact(array) &&
           PyArray_ISWRITEABLE((PyArrayObject *)array)) {
        if (PyList_Append(protected, array) < 0)
            return -1;
        PyArray_CLEARFLAGS((PyArrayObject *)array, NPY_ARRAY_WRITEABLE);
        array = PyArray_BASE((PyArrayObject *)array);
    }
    return 0;
}

static PyObject *
protect(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyList_CheckExact(args[0])) {
        PyErr_SetString(PyExc_TypeError, "protect(list, array)");
        return NULL;
    }
    if (protect_array(args[0], args[1]) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
release(PyObject *module, PyObject *protected)
{
    if (!PyList_CheckExact(protected)) {
        PyErr_SetString(PyExc_TypeError, "release(list)");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(protected); i++) {
        PyObject *array = PyList_GET_ITEM(protected, i);
        if (PyArray_Check(array))
            PyArray_ENABLEFLAGS((PyArrayObject *)array, NPY_ARRAY_WRITEABLE);
        else if (tell_device_array(array, release_name, protected) < 0)
            return NULL;
    }
    if (PyList_SetSlice(protected, 0, PyList_GET_SIZE(protected), NULL) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Recording an operator, or the call of a function */

enum form { FORWARD, REFLECTED, UNARY, ITEM, CALL };

#define MOST 12 /* arguments of a call that is not left to Python */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *step;     /* the primitive that is recorded */
    PyObject *fallback; /* the same in Python */
    binaryfunc binary;  /* what computes, if it is one of Python's own operators */
    unaryfunc unary;
    enum form form;
} Operator;

/* The operands of the operator that is computing, for a warning about what it made. */
static _Thread_local PyObject *const *computing = NULL;
static _Thread_local Py_ssize_t computing_count = 0;

static PyObject *
power(PyObject *a, PyObject *b)
{
    return PyNumber_Power(a, b, Py_None);
}

static const struct {
    const char *name;
    binaryfunc binary;
    unaryfunc unary;
} OWN[] = {
    {"add", PyNumber_Add, NULL},
    {"sub", PyNumber_Subtract, NULL},
    {"mul", PyNumber_Multiply, NULL},
    {"truediv", PyNumber_TrueDivide, NULL},
    {"pow", power, NULL},
    {"mod", PyNumber_Remainder, NULL},
    {"matmul", PyNumber_MatrixMultiply, NULL},
    {"getitem", PyObject_GetItem, NULL},
    {"neg", NULL, PyNumber_Negative},
    {"pos", NULL, PyNumber_Positive},
    {"abs", NULL, PyNumber_Absolute},
};

static int
find_own(Operator *self, PyObject *operate)
{
    PyObject *operators = PyImport_ImportModule("operator");
    if (operators == NULL)
        return -1;
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) {
        PyObject *function = PyObject_GetAttrString(operators, OWN[i].name);
        if (function == NULL) {
            Py_DECREF(operators);
            return -1;
        }
        if (function == operate) {
            self->binary = OWN[i].binary;
            self->unary = OWN[i].unary;
        }
        Py_DECREF(function);
    }
    Py_DECREF(operators);
    return 0;
}

static PyObject *
compute(Operator *self, PyObject *const *operands, Py_ssize_t count)
{
    if (self->binary != NULL)
        return self->binary(operands[0], operands[1]);
    if (self->unary != NULL)
        return self->unary(operands[0]);
    return PyObject_Vectorcall(SLOT(self->step, FUNCTION), operands, count, NULL);
}

/* Whether the index holds only what `plain` would leave as it is. */
static int
is_plain_index(PyObject *index)
{
    if (!PyTuple_CheckExact(index))
        return !PyList_CheckExact(index) && !PyObject_TypeCheck(index, Recorded);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(index); i++) {
        PyObject *item = PyTuple_GET_ITEM(index, i);
        if (!PyLong_CheckExact(item) && !PySlice_Check(item) && !PyArray_CheckExact(item) &&
            item != Py_None && item != Py_Ellipsis)
            return 0;
    }
    return 1;
}

/* Protect the arrays in a plain index: as Tape.protect_index. */
static int
protect_index(PyObject *protected, PyObject *index)
{
    if (PyLong_CheckExact(index) || PySlice_Check(index))
        return 0;
    if (!PyTuple_CheckExact(index))
        return protect_array(protected, index);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(index); i++)
        if (protect_array(protected, PyTuple_GET_ITEM(index, i)) < 0)
            return -1;
    return 0;
}

/* Keep a constant array that a rule will look at from being written to; 1 on success, 0 to let
   Python find out first what the rules look at. */
static int
protect_constant(PyObject *step, PyObject *tape, PyObject *array, Py_ssize_t argument)
{
    PyObject *saved = SLOT(step, SAVED);
    if (PyTuple_GET_SIZE(saved) <= argument)
        return 0;
    if (PyTuple_GET_ITEM(saved, argument) != Py_True)
        return 1;
    return protect_array(SLOT(tape, PROTECTED), array) < 0 ? -1 : 1;
}

/* The frame that asks for a step, and its code; NULL and None if there is none. */
static PyFrameObject *
asking_frame(PyObject **code)
{
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    *code = frame ? (PyObject *)PyFrame_GetCode(frame) : Py_NewRef(Py_None);
    while (frame != NULL && ((PyCodeObject *)*code)->co_filename == operators_file) {
        PyFrameObject *outer = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = outer;
        Py_SETREF(*code, frame ? (PyObject *)PyFrame_GetCode(frame) : Py_NewRef(Py_None));
    }
    return frame;
}

/* Append the entry (step, indices, values, {}, output, code, instruction). */
static int
append_entry(PyObject *tape, Operator *self, PyObject *const *indices, PyObject *const *values,
             Py_ssize_t count, PyObject *output)
{
    PyObject *code;
    PyFrameObject *frame = asking_frame(&code);
    PyObject *instruction = PyLong_FromLong(frame ? PyFrame_GetLasti(frame) : 0);
    Py_XDECREF(frame);
    PyObject *entry = PyTuple_New(7), *where = PyTuple_New(count), *what = PyTuple_New(count);
    if (instruction == NULL || entry == NULL || where == NULL || what == NULL) {
        Py_DECREF(code);
        Py_XDECREF(instruction);
        Py_XDECREF(entry);
        Py_XDECREF(where);
        Py_XDECREF(what);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(where, i, Py_NewRef(indices[i]));
        PyTuple_SET_ITEM(what, i, Py_NewRef(values[i]));
    }
    PyTuple_SET_ITEM(entry, 0, Py_NewRef(self->step));
    PyTuple_SET_ITEM(entry, 1, where);
    PyTuple_SET_ITEM(entry, 2, what);
    PyTuple_SET_ITEM(entry, 3, Py_NewRef(no_keywords));
    PyTuple_SET_ITEM(entry, 4, Py_NewRef(output));
    PyTuple_SET_ITEM(entry, 5, code);
    PyTuple_SET_ITEM(entry, 6, instruction);
    int failed = PyList_Append(tape, entry);
    Py_DECREF(entry);
    return failed;
}

static PyObject *
new_recorded(PyObject *value, Py_ssize_t position, PyObject *tape)
{
    PyObject *index = PyLong_FromSsize_t(position);
    PyObject *result = index ? Recorded->tp_alloc(Recorded, 0) : NULL;
    if (result == NULL) {
        Py_XDECREF(index);
        return NULL;
    }
    SLOT(result, VALUE) = Py_NewRef(value);
    SLOT(result, INDEX) = index;
    SLOT(result, TAPE) = Py_NewRef(tape);
    return result;
}

/* The arguments of one call as they will stand on the tape. */
typedef struct {
    PyObject *tape;
    PyObject *values[MOST];
    PyObject *indices[MOST];
    Py_ssize_t count;
} Arguments;

enum verdict { RECORD, PYTHON, RAISE };

/* Take one argument: a recorded value of the same tape, or a constant. */
static enum verdict
take(Operator *self, Arguments *arguments, PyObject *argument)
{
    Py_ssize_t i = arguments->count++;
    arguments->values[i] = argument;
    arguments->indices[i] = constant;
    if (Py_IS_TYPE(argument, Recorded)) {
        PyObject *tape = SLOT(argument, TAPE);
        if (PyList_GET_SIZE(tape) == 0 || (arguments->tape != NULL && arguments->tape != tape))
            return PYTHON; /* closed, or a mixture */
        arguments->tape = tape;
        arguments->values[i] = SLOT(argument, VALUE);
        arguments->indices[i] = SLOT(argument, INDEX);
        return RECORD;
    }
    return PyObject_TypeCheck(argument, Recorded) ? PYTHON : RECORD;
}

/* Sort the arguments of a call, protect the constant ones, and tell who goes on. */
static enum verdict
sort_arguments(Operator *self, Arguments *arguments, PyObject *const *args, Py_ssize_t count)
{
    arguments->tape = NULL;
    arguments->count = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        enum verdict verdict = take(self, arguments, args[self->form == REFLECTED ? 1 - i : i]);
        if (verdict != RECORD)
            return verdict;
    }
    if (arguments->tape == NULL)
        return PYTHON;
    if (self->form == ITEM) {
        if (!is_plain_index(args[1]))
            return PYTHON;
        return protect_index(SLOT(arguments->tape, PROTECTED), args[1]) < 0 ? RAISE : RECORD;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (arguments->indices[i] == constant &&
            (PyArray_CheckExact(arguments->values[i]) || is_device_array(arguments->values[i]))) {
            int ready = protect_constant(self->step, arguments->tape, arguments->values[i], i);
            if (ready != 1)
                return ready < 0 ? RAISE : PYTHON;
        }
        else if (self->form == CALL && arguments->indices[i] != constant &&
                 i >= PyTuple_GET_SIZE(SLOT(self->step, RULES)) &&
                 SLOT(self->step, JOINT) == Py_None)
            return PYTHON; /* no rule: it will say so */
    }
    return RECORD;
}

/* Put the operands into the exception, for `explain`. */
static void
attach_operands(Arguments *arguments)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *error = PyErr_GetRaisedException();
#else
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
#endif
    PyObject *operands = PyList_New(arguments->count);
    for (Py_ssize_t i = 0; operands != NULL && i < arguments->count; i++)
        PyList_SET_ITEM(operands, i, Py_NewRef(arguments->values[i]));
    if (operands == NULL || PyObject_SetAttrString(error, "_knet_operands", operands) < 0)
        PyErr_Clear();
    Py_XDECREF(operands);
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(error);
#else
    PyErr_Restore(type, error, traceback);
#endif
}

static PyObject *
record(Operator *self, Arguments *arguments)
{
    PyObject *const *before = computing;
    Py_ssize_t before_count = computing_count;
    computing = arguments->values, computing_count = arguments->count;
    PyObject *output = compute(self, arguments->values, arguments->count);
    computing = before, computing_count = before_count;
    if (output == NULL) {
        attach_operands(arguments);
        return NULL;
    }
    PyObject *tape = arguments->tape, *result = NULL;
    Py_ssize_t position = PyList_GET_SIZE(tape);
    if (append_entry(tape, self, arguments->indices, arguments->values, arguments->count, output) ==
        0) {
        if (PyTuple_Check(output)) {
            PyObject *entry = PyList_GET_ITEM(tape, position);
            result = PyObject_CallFunction(unpacked, "OnOOO", output, position, tape,
                                           PyTuple_GET_ITEM(entry, 5), PyTuple_GET_ITEM(entry, 6));
        }
        else
            result = new_recorded(output, position, tape);
    }
    Py_DECREF(output);
    return result;
}

static PyObject *
operator_call(PyObject *callable, PyObject *const *args, size_t flags, PyObject *keywords)
{
    Operator *self = (Operator *)callable;
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    Arguments arguments;
    if (Recorded == NULL || keywords != NULL || count > MOST ||
        (self->form != CALL && count != (self->form == UNARY ? 1 : 2)))
        return PyObject_Vectorcall(self->fallback, args, flags, keywords);
    enum verdict verdict = sort_arguments(self, &arguments, args, count);
    if (verdict == RAISE)
        return NULL;
    if (verdict == PYTHON)
        return PyObject_Vectorcall(self->fallback, args, flags, keywords);
    for (Py_ssize_t i = 0; i < count; i++)
        Py_INCREF(arguments.values[i]);
    PyObject *result = record(self, &arguments);
    for (Py_ssize_t i = 0; i < count; i++)
        Py_DECREF(arguments.values[i]);
    return result;
}

static PyObject *
operator_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"fallback", "step", "operate", "form", NULL};
    static const char *forms[] = {"forward", "reflected", "unary", "item", "call"};
    PyObject *step, *operate, *fallback;
    const char *form;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "OOOs", names, &fallback, &step, &operate,
                                     &form))
        return NULL;
    Operator *self = (Operator *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->vectorcall = operator_call;
    self->step = Py_NewRef(step);
    self->fallback = Py_NewRef(fallback);
    for (int i = 0; i < 5; i++)
        if (strcmp(form, forms[i]) == 0)
            self->form = (enum form)i;
    if (find_own(self, operate) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
operator_traverse(Operator *self, visitproc visit, void *arg)
{
    Py_VISIT(self->step);
    Py_VISIT(self->fallback);
    return 0;
}

static int
operator_clear(Operator *self)
{
    Py_CLEAR(self->step);
    Py_CLEAR(self->fallback);
    return 0;
}

static void
operator_dealloc(Operator *self)
{
    PyObject_GC_UnTrack(self);
    operator_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *
operator_get(PyObject *self, PyObject *object, PyObject *type)
{
    return object == NULL || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

static PyObject *
operator_getattr(PyObject *self, PyObject *name)
{
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear(); /* __name__, __doc__, __code__: those of the Python function */
        found = PyObject_GetAttr(((Operator *)self)->fallback, name);
    }
    return found;
}

static PyObject *
operator_doc(Operator *self, void *unused)
{
    return PyObject_GetAttrString(self->fallback, "__doc__");
}

static PyObject *
operator_repr(Operator *self)
{
    return PyObject_Repr(self->fallback);
}

static PyGetSetDef operator_attributes[] = {
    {"__doc__", (getter)operator_doc, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject OperatorType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "knetengine.autograd._compiled.Operator",
    .tp_getset = operator_attributes,
    .tp_repr = (reprfunc)operator_repr,
    .tp_basicsize = sizeof(Operator),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Operator, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_new = operator_new,
    .tp_traverse = (traverseproc)operator_traverse,
    .tp_clear = (inquiry)operator_clear,
    .tp_dealloc = (destructor)operator_dealloc,
    .tp_descr_get = operator_get,
    .tp_getattro = operator_getattr,
};

/* The door of NumPy's universal functions: as `Recorded.__array_ufunc__`, for a plain call */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *twins;    /* {ufunc: Operator}; others may be in it, and are left to Python */
    PyObject *fallback; /* the same in Python */
} Door;

/* door(self, ufunc, "__call__", *operands) */
static PyObject *
door_call(PyObject *callable, PyObject *const *args, size_t flags, PyObject *keywords)
{
    Door *self = (Door *)callable;
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    if (count > 3 && (keywords == NULL || PyTuple_GET_SIZE(keywords) == 0) &&
        PyUnicode_CompareWithASCIIString(args[2], "__call__") == 0) {
        PyObject *twin = PyDict_GetItemWithError(self->twins, args[1]);
        if (twin == NULL && PyErr_Occurred())
            return NULL;
        if (twin != NULL && Py_IS_TYPE(twin, &OperatorType))
            return operator_call(twin, args + 3, count - 3, NULL);
    }
    return PyObject_Vectorcall(self->fallback, args, flags, keywords);
}

static PyObject *
door_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"fallback", "twins", NULL};
    PyObject *fallback, *twins;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "OO!", names, &fallback, &PyDict_Type, &twins))
        return NULL;
    Door *self = (Door *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->vectorcall = door_call;
    self->twins = Py_NewRef(twins);
    self->fallback = Py_NewRef(fallback);
    return (PyObject *)self;
}

static int
door_traverse(Door *self, visitproc visit, void *arg)
{
    Py_VISIT(self->twins);
    Py_VISIT(self->fallback);
    return 0;
}

static int
door_clear(Door *self)
{
    Py_CLEAR(self->twins);
    Py_CLEAR(self->fallback);
    return 0;
}

static void
door_dealloc(Door *self)
{
    PyObject_GC_UnTrack(self);
    door_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyTypeObject DoorType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "knetengine.autograd._compiled.Door",
    .tp_basicsize = sizeof(Door),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Door, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_new = door_new,
    .tp_traverse = (traverseproc)door_traverse,
    .tp_clear = (inquiry)door_clear,
    .tp_dealloc = (destructor)door_dealloc,
    .tp_descr_get = operator_get,
};

static PyObject *
operands(PyObject *module, PyObject *unused)
{
    PyObject *found = PyList_New(computing_count);
    for (Py_ssize_t i = 0; found != NULL && i < computing_count; i++)
        PyList_SET_ITEM(found, i, Py_NewRef(computing[i]));
    return found;
}

/* Walking back */

typedef struct {
    PyObject *gradients, *owned; /* the list of slots, and the set of those that own their buffer */
    PyObject *accumulate;        /* settles a contribution in general */
    PyObject *wait;              /* puts a contribution off, or says that it may not be */
} Slots;

static int
same_kind(PyObject *a, PyObject *b)
{
    if (!PyArray_CheckExact(a) || !PyArray_CheckExact(b))
        return 0;
    PyArrayObject *x = (PyArrayObject *)a, *y = (PyArrayObject *)b;
    return PyArray_DESCR(x) == PyArray_DESCR(y) && PyArray_SAMESHAPE(x, y);
}

/* Whether `part` is as `value` with one more axis in front: the gradient of a bias. */
static int
is_stack(PyObject *part, PyObject *value)
{
    if (!PyArray_CheckExact(part) || !PyArray_CheckExact(value))
        return 0;
    PyArrayObject *x = (PyArrayObject *)part, *y = (PyArrayObject *)value;
    return PyArray_DESCR(x) == PyArray_DESCR(y) && PyArray_NDIM(y) > 0 &&
           PyArray_NDIM(x) == PyArray_NDIM(y) + 1 &&
           PyArray_CompareLists(PyArray_DIMS(x) + 1, PyArray_DIMS(y), PyArray_NDIM(y));
}

/* Add a contribution (stolen) to the slot of `value`. */
static int
settle(Slots *slots, PyObject *position, Py_ssize_t index, PyObject *part, PyObject *value)
{
    PyObject *held = PyList_GET_ITEM(slots->gradients, index);
    if (is_stack(part, value)) {
        PyObject *stack[] = {part, axis_0};
        PyObject *sum = PyObject_Vectorcall(add_up, stack, 2, NULL);
        Py_SETREF(part, sum);
        if (sum == NULL)
            return -1;
    }
    if (same_kind(part, value)) {
        if (held == Py_None)
            return PyList_SetItem(slots->gradients, index, part);
        if (same_kind(held, part)) {
            int own = PySet_Contains(slots->owned, position);
            PyObject *sum = own < 0    ? NULL
                            : own == 1 ? PyNumber_InPlaceAdd(held, part)
                                       : PyNumber_Add(held, part);
            Py_DECREF(part);
            if (sum == NULL || (own == 0 && PySet_Add(slots->owned, position) < 0)) {
                Py_XDECREF(sum);
                return -1;
            }
            return PyList_SetItem(slots->gradients, index, sum);
        }
    }
    PyObject *stack[] = {slots->gradients, slots->owned, position, part, value};
    PyObject *done = PyObject_Vectorcall(slots->accumulate, stack, 5, NULL);
    Py_DECREF(part);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* rule(gradient, output, *values, **kwargs) */
static PyObject *
contribution(PyObject *rule, PyObject *gradient, PyObject *output, PyObject *values,
             PyObject *kwargs)
{
    Py_ssize_t count = PyTuple_GET_SIZE(values);
    if (PyDict_GET_SIZE(kwargs) == 0 && count <= MOST) {
        PyObject *stack[1 + 2 + MOST] = {NULL, gradient, output};
        for (Py_ssize_t i = 0; i < count; i++)
            stack[3 + i] = PyTuple_GET_ITEM(values, i);
        return PyObject_Vectorcall(rule, stack + 1, (2 + count) | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                   NULL);
    }
    PyObject *arguments = PyTuple_New(2 + count);
    if (arguments == NULL)
        return NULL;
    PyTuple_SET_ITEM(arguments, 0, Py_NewRef(gradient));
    PyTuple_SET_ITEM(arguments, 1, Py_NewRef(output));
    for (Py_ssize_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(arguments, 2 + i, Py_NewRef(PyTuple_GET_ITEM(values, i)));
    PyObject *part = PyObject_Call(rule, arguments, kwargs);
    Py_DECREF(arguments);
    return part;
}

static PyObject *
pop(PyObject *list)
{
    Py_ssize_t last = PyList_GET_SIZE(list) - 1;
    PyObject *item = PyList_GET_ITEM(list, last);
    Py_SET_SIZE((PyVarObject *)list, last);
    return item;
}

/* Whether the contribution of a product to a slot that is taken was put off: 1, 0, or -1. */
static int
wait_for_others(Slots *slots, PyObject *entry, Py_ssize_t argument, PyObject *gradient,
                PyObject *position)
{
    PyObject *number = PyLong_FromSsize_t(argument);
    if (number == NULL)
        return -1;
    PyObject *stack[] = {entry, number, gradient, position};
    PyObject *answer = PyObject_Vectorcall(slots->wait, stack, 4, NULL);
    Py_DECREF(number);
    int waits = answer == NULL ? -1 : answer == Py_True;
    Py_XDECREF(answer);
    return waits;
}

/* The rules of one entry. */
static int
step_back(Slots *slots, PyObject *entry, PyObject *gradient, Py_ssize_t first)
{
    PyObject *rules = SLOT(PyTuple_GET_ITEM(entry, 0), RULES);
    PyObject *indices = PyTuple_GET_ITEM(entry, 1), *values = PyTuple_GET_ITEM(entry, 2);
    Py_ssize_t count = Py_MIN(PyTuple_GET_SIZE(indices), PyTuple_GET_SIZE(rules));
    int stacks = SLOT(PyTuple_GET_ITEM(entry, 0), STACKS) == Py_True && count == 2 &&
                 PyDict_GET_SIZE(PyTuple_GET_ITEM(entry, 3)) == 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *position = PyTuple_GET_ITEM(indices, i), *rule = PyTuple_GET_ITEM(rules, i);
        Py_ssize_t index = PyLong_AsSsize_t(position);
        if (index < first || rule == Py_None)
            continue;
        if (stacks && PyList_GET_ITEM(slots->gradients, index) != Py_None) {
            int waits = wait_for_others(slots, entry, i, gradient, position);
            if (waits < 0)
                return -1;
            if (waits)
                continue;
        }
        PyObject *part = contribution(rule, gradient, PyTuple_GET_ITEM(entry, 4), values,
                                      PyTuple_GET_ITEM(entry, 3));
        if (part == NULL ||
            settle(slots, position, index, part, PyTuple_GET_ITEM(values, i)) < 0)
            return -1;
    }
    return 0;
}

/* Whether a slot may hold a gradient that others waited to join, which is neither array nor number. */
static int
is_unsettled(PyObject *gradient)
{
    return gradient != Py_None && !PyArray_CheckExact(gradient) && !PyTuple_CheckExact(gradient) &&
           !PyArray_CheckScalar(gradient) && !PyFloat_CheckExact(gradient);
}

/* One step of the walk; `*gradient` is owned by the caller, and may be replaced. */
static int
walk_entry(Slots *slots, PyObject *entry, PyObject **gradient, PyObject *here, Py_ssize_t first,
           PyObject *special, PyObject *settled)
{
    if (is_unsettled(*gradient)) {
        PyObject *stack[] = {*gradient, here};
        PyObject *whole = PyObject_Vectorcall(settled, stack, 2, NULL);
        Py_SETREF(*gradient, whole);
        if (whole == NULL)
            return -1;
    }
    if (PyList_SetItem(here, 0, Py_NewRef(entry)) < 0)
        return -1;
    PyObject *step = PyTuple_GET_ITEM(entry, 0);
    if (PyTuple_CheckExact(*gradient) || SLOT(step, JOINT) != Py_None ||
        PyTuple_GET_SIZE(SLOT(step, RULES)) == 0) {
        PyObject *done = PyObject_CallFunctionObjArgs(special, entry, *gradient, NULL);
        Py_XDECREF(done);
        return done == NULL ? -1 : 0;
    }
    return *gradient == Py_None ? 0 : step_back(slots, entry, *gradient, first);
}

/* walk(entries, gradients, owned, here, first, steps, accumulate, special, wait, settled): as
   `walk_in_python`. */
static PyObject *
walk(PyObject *module, PyObject *args)
{
    PyObject *entries, *here, *special, *settled;
    Slots slots;
    Py_ssize_t first, steps;
    if (!PyArg_ParseTuple(args, "O!O!O!O!nnOOOO", &PyList_Type, &entries, &PyList_Type,
                          &slots.gradients, &PySet_Type, &slots.owned, &PyList_Type, &here, &first,
                          &steps, &slots.accumulate, &special, &slots.wait, &settled))
        return NULL;
    for (; steps > 0 && PyList_GET_SIZE(entries) > 0; steps--) {
        PyObject *entry = pop(entries), *gradient = pop(slots.gradients);
        int failed = walk_entry(&slots, entry, &gradient, here, first, special, settled) < 0;
        Py_DECREF(entry);
        Py_XDECREF(gradient);
        if (failed)
            return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"bind", bind, METH_VARARGS, "Tell the classes, and what records several results."},
    {"operands", operands, METH_NOARGS, "The operands of the operator that is computing."},
    {"protect", (PyCFunction)(void (*)(void))protect, METH_FASTCALL,
     "Make an array and those it is a view of read-only, and note them in a list."},
    {"release", release, METH_O, "Make the arrays in the list writable again, and empty it."},
    {"walk", walk, METH_VARARGS, "Walk back over the last entries of a tape."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_compiled",
    .m_doc = "The hottest loops of the engine, in C.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit__compiled(void)
{
    import_array();
    PyObject *module = PyModule_Create(&definition);
    no_keywords = PyDict_New();
    constant = PyLong_FromLong(-1);
    axis_0 = PyLong_FromLong(0);
    protect_name = PyUnicode_InternFromString("protect");
    release_name = PyUnicode_InternFromString("release");
    PyObject *numpy = PyImport_ImportModule("numpy");
    PyObject *add = numpy ? PyObject_GetAttrString(numpy, "add") : NULL;
    add_up = add ? PyObject_GetAttrString(add, "reduce") : NULL;
    Py_XDECREF(numpy);
    Py_XDECREF(add);
    if (module == NULL || no_keywords == NULL || constant == NULL || add_up == NULL ||
        protect_name == NULL || release_name == NULL ||
        PyType_Ready(&OperatorType) < 0 || PyType_Ready(&DoorType) < 0 ||
        PyModule_AddObjectRef(module, "Operator", (PyObject *)&OperatorType) < 0 ||
        PyModule_AddObjectRef(module, "Door", (PyObject *)&DoorType) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    return module;
}
