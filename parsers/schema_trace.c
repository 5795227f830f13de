#include "parsers/schema_trace.h"

static struct traced_field trace_field(const struct schema_trace *trace,
                                       struct schema_scratch *scratch, const struct record *record,
                                       enum event_field field, const struct field_paths *paths)
{
    struct traced_field traced = {.is_asked = paths->count > 0 || paths->otherwise.bytes > 0};
    const unsigned slot = schema_slot_of(trace->shape, scratch, record, field, paths);
    if (slot == SLOT_NONE) {
        traced.otherwise = paths->otherwise;
        return traced;
    }
    traced.path = trace->schema->slots.items[slot].path;
    traced.value = record->values[slot];
    return traced;
}

/* Parts of a joined field, from the one at `first` on. */
static struct traced_parts trace_parts(const struct schema_trace *trace,
                                       struct schema_scratch *scratch, const struct record *record,
                                       enum event_field field, const struct field_join *join,
                                       size_t first)
{
    struct traced_parts parts = {0};
    for (size_t i = first; i < join->count; i++)
        parts.items[parts.count++] = trace_field(trace, scratch, record, field, &join->parts[i]);
    return parts;
}

/* A time is joined when no path holds one. */
static void trace_joined_time(struct schema_trace *trace, struct schema_scratch *scratch,
                              const struct record *record)
{
    const struct field_join *const join = &trace->shape->time_join;
    if (join->count == 0 || trace->fields[FIELD_TIME].path != NULL)
        return;
    trace->fields[FIELD_TIME] = trace_field(trace, scratch, record, FIELD_TIME, &join->parts[0]);
    trace->time_parts = trace_parts(trace, scratch, record, FIELD_TIME, join, 1);
}

static const struct field_value *value_in(const struct record *record, unsigned slot)
{
    return record->present >> slot & 1 ? &record->values[slot] : NULL;
}

static struct traced_miss miss_of(const struct schema *schema, const struct shape *shape,
                                  const struct record *record)
{
    char text[LIMIT_TEXT_BYTES];
    struct traced_miss miss = {
        .shape = shape,
        .condition = telltales_failing(&shape->telltales, record, text),
    };
    if (miss.condition != NULL) {
        const uint64_t there = miss.condition->slots & record->present;
        const uint64_t shown = there != 0 ? there : miss.condition->slots;
        if (shown == 0)
            return miss;
        const unsigned slot = (unsigned)__builtin_ctzll(shown);
        miss.path = schema->slots.items[slot].path;
        miss.value = value_in(record, slot);
    } else if (!shape->is_no_sign_in) {
        miss.path = schema->slots.items[shape->dataset_slot].path;
        miss.value = value_in(record, shape->dataset_slot);
    }
    return miss;
}

/* In the order in which they were asked, up to the one that knows the record as no sign-in. */
static void trace_misses(struct schema_trace *trace, const struct record *record)
{
    for (size_t i = 0; i < trace->asked->shapes_count; i++) {
        const struct shape *const shape = &trace->asked->shapes[i];
        const struct traced_miss miss = miss_of(trace->asked, shape, record);
        trace->misses[trace->misses_count++] = miss;
        if (miss.condition == NULL && shape->is_no_sign_in)
            return;
    }
}

void schema_trace(struct schema_trace *trace, const struct schema_set *set,
                  struct schema_scratch *scratch, const struct source_view *view,
                  enum layout layout, const struct record *record)
{
    bool is_known;
    *trace = (struct schema_trace){
        .schema = schema_set_schema_of(set, scratch, view, layout, record),
    };
    trace->asked = trace->schema;
    if (trace->asked == NULL && view != NULL && view->schema != SCHEMA_NONE)
        trace->asked = schema_set_at(set, view->schema);
    if (trace->asked == NULL)
        return;
    const struct record *const whole =
        schema_reread(trace->asked, scratch, view, layout, record->text);
    if (whole == NULL)
        return;
    trace->shape = schema_shape_of(trace->asked, scratch, whole, &is_known);
    if (trace->shape == NULL) {
        trace->record = whole;
        trace_misses(trace, whole);
        return;
    }
    for (int field = 0; field < FIELD_COUNT; field++)
        trace->fields[field] = trace_field(trace, scratch, whole, (enum event_field)field,
                                           &trace->shape->fields[field]);
    trace->code_parts = trace_parts(trace, scratch, whole, FIELD_CODE, &trace->shape->code_join, 0);
    trace_joined_time(trace, scratch, whole);
}
