import { NativeSelect, NumberInput, SimpleGrid, Switch, Textarea, TextInput } from "@mantine/core";

import type { LearnerParam, ParamValues } from "@/api/types";
import { t } from "@/language/translate";
import { fieldError } from "@/ui/errors";
import { asSet, capitalized, words } from "@/ui/format";

interface Props {
  params: readonly LearnerParam[];
  values: ParamValues;
  /** Under which name the server reports a wrong value: `${prefix}.${name}`. */
  prefix: string;
  error: unknown;
  onChange: (values: ParamValues) => void;
}

/** A form made from what the catalogue says about each parameter: its kind, range, default and help. */
export function ParamForm({ params, values, prefix, error, onChange }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }}>
      {params.map((param) => (
        <ParamField
          key={param.name}
          param={param}
          value={values[param.name] ?? param.default}
          error={fieldError(error, `${prefix}.${param.name}`)}
          onChange={(value) => onChange({ ...values, [param.name]: value })}
        />
      ))}
    </SimpleGrid>
  );
}

interface FieldProps {
  param: LearnerParam;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
}

function ParamField({ param, value, error, onChange }: FieldProps) {
  const label = capitalized(words(param.name));
  if (param.type === "bool") {
    return (
      <Switch
        label={label}
        description={param.help}
        checked={value === true}
        error={error}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (param.type === "choice") {
    return (
      <NativeSelect
        label={label}
        description={param.help}
        data={param.choices ?? []}
        value={String(value)}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  if (param.type === "text") {
    return (
      <Textarea
        label={label}
        description={param.help}
        value={typeof value === "string" ? value : JSON.stringify(value)}
        error={error}
        autosize
        minRows={4}
        maxRows={20}
        spellCheck={false}
        ff="monospace"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  if (param.type === "secret") {
    return (
      <TextInput
        label={label}
        description={t("{help} (the name of a secret of the server)", { help: param.help })}
        value={String(value)}
        error={error}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <NumberInput
      label={label}
      description={helpText(param)}
      value={typeof value === "number" ? value : ""}
      min={param.low ?? undefined}
      max={param.high ?? undefined}
      step={param.type === "int" ? 1 : 0.01}
      allowDecimal={param.type === "float"}
      error={error}
      onChange={(next) => onChange(next === "" ? null : Number(next))}
    />
  );
}

function helpText({ help, low, high, default: standard }: LearnerParam): string {
  const usual = typeof standard === "number" ? asSet(standard) : String(standard);
  if (low === null && high === null) return t("{help} (usually {usual})", { help, usual });
  const range =
    low === null
      ? t("up to {high}", { high: asSet(high ?? 0) })
      : high === null
        ? t("from {low}", { low: asSet(low) })
        : t("{low} to {high}", { low: asSet(low), high: asSet(high) });
  return t("{help} ({range}, usually {usual})", { help, range, usual });
}
